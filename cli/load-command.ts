import type { Command } from "commander";
import type { CommandName } from "./commands.js";
import type { Ending } from "./ending.js";

/** What the commands are made of. */
export interface CommandLine {
  /** All arguments of `polyproc`. */
  argv: readonly string[];
  /** Those after `--`. Null if there is no `--`. */
  command: readonly string[] | null;
  /** The command that all others belong to. */
  program: Command;
  /** Receives how the command line ends. */
  exit: (ending: Ending) => void;
}

export type LoadCommand = (name: CommandName, line: CommandLine) => Promise<Command>;

/** A command's module is loaded when it is called: to load all of them takes longer than many commands run. */
export const loadCommand: LoadCommand = (name, line) => loaders[name](line);

const loaders: Readonly<Record<CommandName, (line: CommandLine) => Promise<Command>>> = {
  serve: async ({ argv, exit }) => (await import("./serve.js")).serveCommand(argv, exit),
  agent: async ({ argv, exit }) => (await import("./agent.js")).agentCommand(argv, exit),
  map: async ({ command, exit }) => (await import("./map/map-command.js")).mapCommand(command, exit),
  run: async ({ command, exit }) => (await import("./run.js")).runCommand(command, exit),
  runs: async ({ exit }) => (await import("./runs/runs-command.js")).runsCommand(exit),
  attach: async ({ exit }) => (await import("./runs/attach-command.js")).attachCommand(exit),
  cache: async ({ exit }) => (await import("./cache/cache-command.js")).cacheCommand(exit),
  ps: async ({ exit }) => (await import("./ps/ps-command.js")).psCommand(exit),
  top: async ({ exit }) => (await import("./top/top-command.js")).topCommand(exit),
  stack: async ({ exit }) => (await import("./stack.js")).stackCommand(exit),
  kill: async ({ exit }) => (await import("./kill.js")).killCommand(exit),
  stop: async ({ exit }) => (await import("./stop.js")).stopCommand(exit),
  lock: async ({ command, exit }) => (await import("./hold/hold-command.js")).lockCommand(command, exit),
  sem: async ({ command, exit }) => (await import("./hold/hold-command.js")).semCommand(command, exit),
  mcp: async ({ exit }) => (await import("./mcp/mcp-command.js")).mcpCommand(exit),
  add: async ({ command }) => (await import("./queue/add-command.js")).addCommand(command),
  status: async () => (await import("./queue/status-command.js")).statusCommand(),
  log: async () => (await import("./queue/log-commands.js")).logCommand(),
  follow: async ({ exit }) => (await import("./queue/log-commands.js")).followCommand(exit),
  wait: async ({ exit }) => (await import("./queue/wait-command.js")).waitCommand(exit),
  pause: async () => (await import("./queue/change-commands.js")).pauseCommand(),
  resume: async () => (await import("./queue/change-commands.js")).resumeCommand(),
  restart: async () => (await import("./queue/change-commands.js")).restartCommand(),
  edit: async ({ command }) => (await import("./queue/edit-command.js")).editCommand(command),
  remove: async () => (await import("./queue/change-commands.js")).removeCommand(),
  group: async () => (await import("./queue/group-command.js")).groupCommand(),
  lsp: async ({ exit }) => (await import("./lsp/lsp-command.js")).lspCommand(exit),
  completion: async ({ command, program }) =>
    (await import("./completion/completion-command.js")).completionCommand(command, program),
  help: async ({ program }) => (await import("./help/help-command.js")).helpCommand(program),
};
