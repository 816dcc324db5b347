import { has, type ToolName } from "./tools.js";

const begins = "without ";

/**
 * Options of a `test` or `describe` that needs these tools: where one is missing it is left out, which the end of the
 * run tells. With CI set, it fails instead.
 */
export function needs(...names: ToolName[]): { skip: string | false } {
  const missing = names.filter((name) => !has(name));
  return { skip: missing.length > 0 && begins + missing.join(", ") };
}

/** The tools that a test was left out for; none when it was for another reason. */
export function toolsIn(reason: string): ToolName[] {
  return reason.startsWith(begins) ? (reason.slice(begins.length).split(", ") as ToolName[]) : [];
}
