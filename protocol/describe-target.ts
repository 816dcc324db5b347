import type { Target } from "./target.js";

/** Short text for people: `hash.js#digest`, `gzip -9 {item}`. */
export function describeTarget(target: Target): string {
  if ("command" in target) return [target.command, ...(target.args ?? [])].join(" ");
  if ("source" in target) return target.source.replace(/\s+/g, " ").slice(0, 60);
  const file = target.module.slice(target.module.lastIndexOf("/") + 1);
  return `${file}#${target.export ?? "default"}`;
}
