import { runCommandLine } from "./command-line.js";
import { loadCommand } from "./load-command.js";

/** Runs a command line that calls a command. In a bundle, the commands are a file of their own: this module. */
export function runCalled(argv: readonly string[]): Promise<void> {
  return runCommandLine(argv, loadCommand);
}
