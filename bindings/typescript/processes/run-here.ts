import type { Target } from "../../../protocol/target.js";
import { TargetNotFound } from "../session/errors.js";

/**
 * Runs a target without arguments in this process. Loads it as a worker does. Rejects with TargetNotFound if it is
 * unknown or a command.
 */
export async function runHere(target: Target | null): Promise<unknown> {
  if (target === null)
    throw new TargetNotFound(
      "TargetNotFound",
      "this process does not know the function: the object was received without it",
    );
  if ("command" in target) throw new TargetNotFound("TargetNotFound", "a command cannot be run here: name a function");
  const { loadTarget } = await import("../host/targets.js");
  const callable = await loadTarget(target);
  if (callable instanceof Error) throw callable;
  return callable.call([]);
}
