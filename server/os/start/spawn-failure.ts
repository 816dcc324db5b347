import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { PolyprocError } from "../../../protocol/errors.js";
import { moduleEnding } from "../../../protocol/module-ending.js";

/** What was to be started. */
export interface Attempt {
  command: string;
  /** Undefined: the server's own folder. */
  cwd: string | undefined;
}

/**
 * SpawnFailed with the precise reason: the system reports several different faults by the same errno. `data`: errno,
 * command, cwd.
 */
export function spawnFailure(error: unknown, attempt: Attempt): PolyprocError {
  const errno = (error as NodeJS.ErrnoException).code ?? "UNKNOWN";
  const text = `cannot start ${JSON.stringify(attempt.command)}: ${reason(errno, attempt, error)}`;
  return new PolyprocError(
    "SpawnFailed",
    text,
    { errno, command: attempt.command, cwd: attempt.cwd ?? process.cwd() },
    { cause: error },
  );
}

function reason(errno: string, { command, cwd }: Attempt, error: unknown): string {
  // The system reports a bad working folder as if the command were missing.
  const trouble = cwd === undefined ? undefined : folderTrouble(cwd);
  if (trouble !== undefined) return trouble;
  const isPath = command.includes("/");
  const path = resolve(cwd ?? process.cwd(), command);
  switch (errno) {
    case "ENOENT":
      if (!isPath) return "no such program in PATH (ENOENT); check its spelling and that it is installed";
      if (existsSync(path))
        return (
          "the file is there, but not the interpreter that its first line names (ENOENT); " +
          `check the "#!" line of ${path}`
        );
      return `there is no file ${path} (ENOENT); check the path`;
    case "EACCES":
      if (!isPath) return "the program in PATH may not be executed (EACCES); check its permissions";
      if (isFolder(path)) return `${path} is a folder (EACCES); name a program in it`;
      return moduleEnding.test(path)
        ? `${path} is a module and not executable (EACCES); for a function of it, name it as a module (polyproc map ` +
            "--module FILE --export NAME), else start it by its interpreter, or chmod +x if its first line names that"
        : `${path} is not executable (EACCES); check its permissions: chmod +x`;
    case "ENOEXEC":
      return `it is not a program for this system (ENOEXEC); a script needs a "#!" line`;
    case "E2BIG":
      return (
        "arguments and environment together are too long for the system (E2BIG); " +
        "pass them through standard input or a file"
      );
    case "EAGAIN":
    case "ENOMEM":
      return (
        `the system cannot hold one more process (${errno}); check ulimit -u, the limits of the container, ` +
        "and memory"
      );
    case "EMFILE":
    case "ENFILE":
      return `too many open files (${errno}); run fewer at once or raise ulimit -n`;
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

function folderTrouble(cwd: string): string | undefined {
  try {
    if (!statSync(cwd).isDirectory()) return `its working folder ${cwd} is not a folder; check cwd`;
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT" || code === "ENOTDIR") return `its working folder ${cwd} does not exist; check cwd`;
    return `its working folder ${cwd} cannot be entered (${code}); check cwd`;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
