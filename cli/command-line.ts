import { CommanderError } from "commander";
import { PolyprocError } from "../protocol/errors.js";
import { endAs, type Ending } from "./ending.js";
import { ExitError } from "./exit-error.js";
import { exitStatus } from "./exit-status.js";
import { endWithoutOutput } from "./lost-output.js";
import type { LoadCommand } from "./load-command.js";
import { namesIn, program } from "./program.js";
import { splitCommand } from "./split-command.js";
import { UsageError } from "./usage-error.js";

function failureStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitStatus.ok : exitStatus.usage;
  const [status, message] = describe(error);
  process.stderr.write(`polyproc: ${message}\n`);
  return status;
}

function describe(error: unknown): [number, string] {
  if (error instanceof UsageError) return [exitStatus.usage, error.message];
  if (error instanceof ExitError) return [error.status, error.message];
  if (error instanceof PolyprocError)
    return [
      error.codeName === "Closed" || error.codeName === "ShuttingDown" ? exitStatus.unavailable : exitStatus.failed,
      error.message,
    ];
  return [exitStatus.failed, error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** Runs the command line, and ends as it says. `load` loads its command. */
export async function runCommandLine(argv: readonly string[], load?: LoadCommand): Promise<void> {
  process.stdout.on("error", endWithoutOutput);
  let end: Ending = exitStatus.ok;
  const exit = (ending: Ending) => {
    end = ending;
  };
  try {
    const commands = await program(argv, exit, namesIn(argv), load);
    // Arguments after `--` are the user's command, not our options.
    await commands.parseAsync(splitCommand(argv).own, { from: "user" });
  } catch (error) {
    end = failureStatus(error);
  }
  endAs(end);
}
