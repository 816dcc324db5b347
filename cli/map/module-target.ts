import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ModuleTarget } from "../../protocol/target.js";
import { UsageError } from "../usage-error.js";

/** The target for the function of a map. Throws UsageError if the file should be on this machine and is missing. */
export function moduleTarget(file: string, name: string | undefined, isLocal: boolean): ModuleTarget {
  const module = file.startsWith("file:") ? file : resolve(file);
  if (isLocal && !existsSync(file.startsWith("file:") ? new URL(file) : module))
    throw new UsageError(`--module: there is no file ${module}`);
  return { module, ...(name === undefined ? {} : { export: name }) };
}
