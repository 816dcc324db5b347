import { toolsIn } from "../tools/needs.js";
import { howToInstall, type ToolName } from "../tools/tools.js";
import type { Outcome } from "./outcome.js";

/** With CI set nothing may be left out for want of a tool. */
export const isJudged = !["", "0", "false"].includes(process.env["CI"] ?? "");

export function failLeftOut(outcome: Outcome): void {
  for (const { name, reason } of outcome.leftOut) {
    const tools = toolsIn(reason);
    if (tools.length === 0) continue;
    outcome.skipped--;
    outcome.failures.push({
      name,
      error: `it was left out, ${reason}: with CI set every test must run. ${howToInstall(tools)}`,
    });
  }
}

/** Prints what did not run and why, by file and reason, and how to get what was missing. */
export function tellLeftOut(outcomes: readonly Outcome[]): void {
  const names = new Map<string, string[]>();
  const missing = new Set<ToolName>();
  for (const { title, leftOut } of outcomes) {
    for (const { name, reason } of leftOut) {
      const key = `${title}: ${reason}`;
      names.set(key, [...(names.get(key) ?? []), name]);
      for (const tool of toolsIn(reason)) missing.add(tool);
    }
  }
  if (names.size === 0) return;
  console.log("\nleft out:");
  for (const [key, [first, ...more]] of [...names].sort(([a], [b]) => a.localeCompare(b))) {
    console.log(`  ${key} (${first}${more.length > 0 ? `, and ${more.length} more` : ""})`);
  }
  if (missing.size > 0)
    console.log(`to run all of it: ${howToInstall([...missing])}\n(.ci/run does that on Debian, as root)`);
}
