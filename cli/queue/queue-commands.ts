import type { Command } from "commander";
import type { Ending } from "../ending.js";
import { addCommand } from "./add-command.js";
import { pauseCommand, removeCommand, restartCommand, resumeCommand } from "./change-commands.js";
import { editCommand } from "./edit-command.js";
import { groupCommand } from "./group-command.js";
import { followCommand, logCommand } from "./log-commands.js";
import { statusCommand } from "./status-command.js";
import { waitCommand } from "./wait-command.js";

/** The commands of the queue that stays. `command`: the arguments after `--`. */
export function queueCommands(command: readonly string[] | null, exit: (ending: Ending) => void): Command[] {
  return [
    addCommand(command),
    statusCommand(),
    logCommand(),
    followCommand(exit),
    waitCommand(exit),
    pauseCommand(),
    resumeCommand(),
    restartCommand(),
    editCommand(command),
    removeCommand(),
    groupCommand(),
  ];
}
