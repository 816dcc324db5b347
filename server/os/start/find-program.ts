import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";

/** Where programs are if the environment has no PATH. */
const usualPath = "/usr/local/bin:/bin:/usr/bin";

/** The path of the program that the system would start, as seen from `cwd`. Null if none can be executed. */
export function findProgram(command: string, cwd: string | undefined, env: NodeJS.ProcessEnv): string | null {
  const folder = cwd ?? process.cwd();
  if (!isFolder(folder)) return null;
  if (command.includes("/")) return isExecutable(resolve(folder, command)) ? command : null;
  for (const place of (env["PATH"] ?? usualPath).split(":")) {
    const path = resolve(folder, place || ".", command);
    if (isExecutable(path)) return path;
  }
  return null;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
