import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ModuleTarget } from "../../protocol/target.js";
import { UsageError } from "../usage-error.js";

/** The function of a map. Fails with UsageError when the file is not there. */
export function moduleTarget(file: string, name: string | undefined): ModuleTarget {
  const module = file.startsWith("file:") ? file : resolve(file);
  if (!existsSync(file.startsWith("file:") ? new URL(file) : module)) throw new UsageError(`--module: there is no file ${module}`);
  return { module, ...(name === undefined ? {} : { export: name }) };
}
