import { existsSync } from "node:fs";
import { resolve, sep } from "node:path";
import type { ModuleTarget } from "../../protocol/target.js";
import { UsageError } from "../usage-error.js";

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
  if (isLocal && !existsSync(file.startsWith("file:") ? new URL(file) : module))
    throw new UsageError(`--module: there is no file ${module}`);
  return {
    module,
    ...(name === undefined ? {} : { export: name }),
    ...(interpreter === undefined ? {} : { interpreter: isPath(interpreter) ? resolve(interpreter) : interpreter }),
  };
}

function isPath(program: string): boolean {
  return program.includes("/") || program.includes(sep);
}
