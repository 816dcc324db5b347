import type { ProgramPlan } from "../program.js";
import type { Random } from "../random.js";

/** A language for each of `count` programs. */
export function languages(random: Random, count: number): ProgramPlan["language"][] {
  return Array.from({ length: count }, () => random.pick(["typescript", "python"] as const));
}
