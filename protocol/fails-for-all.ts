import { errorCodes } from "./errors.js";
import type { Failure } from "./job.js";
import type { Target } from "./target.js";

/** Errors of a program that does not exist or may not be executed. */
const notExecutable = new Set(["ENOENT", "EACCES", "ENOEXEC"]);

/** Whether every item of a map fails in this way: the target cannot be loaded, or its program cannot be started. */
export function failsForAll({ code, data }: Failure, target: Target): boolean {
  if (code === errorCodes.TargetNotFound) return true;
  // A folder that depends on the item may exist for other items.
  if (code !== errorCodes.SpawnFailed || ("command" in target && target.cwd?.includes("{"))) return false;
  return notExecutable.has(String(data?.["errno"]));
}
