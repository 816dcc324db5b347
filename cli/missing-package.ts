import { ExitError } from "./exit-error.js";
import { exitStatus } from "./exit-status.js";

/** A command needs packages that are not installed with the others. `needs`: how many more, in words. */
export function missingPackage(command: string, needs: string, packages: string, error: unknown): ExitError {
  return new ExitError(
    exitStatus.unavailable,
    `polyproc ${command} needs ${needs}, where polyproc is installed: ` +
      `npm install ${packages}, with --global if polyproc was installed with it ` +
      `(${(error as Error).message.split("\n")[0]})`,
  );
}
