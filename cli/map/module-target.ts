import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModuleTarget } from "../../protocol/target.js";
import { UsageError } from "../usage-error.js";

/** Endings of modules. */
const endings = /^\.(?:[cm]?[jt]s|[jt]sx|py)$/;

/**
 * The target for the function of a map. Throws UsageError if the file should be on this machine and is missing.
 * `interpreter`: a path, or a name that is looked for on PATH.
 */
export function moduleTarget(
  file: string,
  name: string | undefined,
  isLocal: boolean,
  interpreter?: string,
): ModuleTarget {
  const module = file.startsWith("file:") ? file : resolve(file);
  if (isLocal) requireFile(module);
  return {
    module,
    ...(name === undefined ? {} : { export: name }),
    ...(interpreter === undefined ? {} : { interpreter: isPath(interpreter) ? resolve(interpreter) : interpreter }),
  };
}

function requireFile(module: string): void {
  const path = module.startsWith("file:") ? fileURLToPath(module) : module;
  const isThere = existsSync(path);
  if (isThere && !statSync(path).isDirectory()) return;
  const problem = isThere ? `${path} is a folder` : `there is no file ${path}`;
  const starts = isThere ? [resolve(path, "index"), resolve(path, "__init__")] : [path];
  const meant = starts.flatMap(withEnding)[0];
  throw new UsageError(`--module: ${problem}; ${meant ? `there is ${meant}` : "name the file that has the function"}`);
}

/** The files that an import of `path` without an ending could mean. */
function withEnding(path: string): string[] {
  const folder = dirname(path);
  const start = basename(path);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const meant = names.filter((name) => name.startsWith(start) && endings.test(name.slice(start.length)));
  return meant.map((name) => resolve(folder, name));
}

function isPath(program: string): boolean {
  return program.includes("/") || program.includes(sep);
}
