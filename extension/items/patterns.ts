import { isAbsolute, posix } from "node:path";
import type { Folder } from "./labels.js";

/** A pattern relative to a folder, as the editor's search takes it. */
export interface RelativeGlob {
  /** Absolute. */
  base: string;
  pattern: string;
}

const special = /[*?[\]{}!]/;

/** A pattern as users write it: absolute, or with `./` or `../` at its beginning. */
export function resolveGlob(pattern: string, folder: string): RelativeGlob {
  const parts = pattern.split("/");
  const firstSpecial = parts.findIndex((part) => special.test(part));
  const fixed = parts.slice(0, firstSpecial === -1 ? parts.length - 1 : firstSpecial);
  const rest = parts.slice(fixed.length).join("/");
  if (!isAbsolute(pattern) && !fixed.includes("..") && !fixed.includes(".")) return { base: folder, pattern };
  const base = isAbsolute(pattern) ? posix.normalize(`/${fixed.join("/")}`) : posix.resolve(folder, ...fixed);
  return { base, pattern: rest };
}

/**
 * The searches for a pattern in a folder of the workspace. If the pattern begins with the folder's name, as labels of
 * files do in a workspace of several folders, it is also searched for without the name.
 */
export function searchesIn(pattern: string, folder: Folder): RelativeGlob[] {
  const inside = withoutName(pattern, folder);
  return [resolveGlob(pattern, folder.path), ...(inside === null ? [] : [resolveGlob(inside, folder.path)])];
}

/** Patterns of files that are left out, as they apply in one folder. */
export function excludesIn(patterns: readonly string[], folder: Folder): string[] {
  return patterns.flatMap((pattern) => [pattern, withoutName(pattern, folder) ?? []].flat());
}

/** The pattern without the folder's name at its beginning; null if it does not begin with it. */
export function withoutName(pattern: string, { name }: Folder): string | null {
  const start = `${name}/`;
  return name !== "" && pattern.startsWith(start) && pattern.length > start.length ? pattern.slice(start.length) : null;
}

/**
 * The patterns that a search excludes: the user's own, and those of the editor's settings, unless the search names an
 * excluded folder (`node_modules/tool/*.js`). Undefined if nothing is excluded.
 */
export function excludePattern(
  include: string,
  own: readonly string[],
  settings: readonly Record<string, unknown>[],
): string | undefined {
  const searched = new Set(include.split("/"));
  const fromSettings = settings.flatMap((setting) =>
    Object.entries(setting).flatMap(([pattern, on]) =>
      on === true && !searched.has(lastName(pattern)) ? [pattern] : [],
    ),
  );
  const all = [...new Set([...own.map((pattern) => pattern.replace(/^\.\//, "")), ...fromSettings])];
  if (all.length === 0) return undefined;
  return all.length === 1 ? all[0] : `{${all.join(",")}}`;
}

/** For `**\/node_modules` and `**\/node_modules/**`: node_modules. */
function lastName(pattern: string): string {
  return (
    pattern
      .split("/")
      .filter((part) => part !== "" && part !== "**")
      .at(-1) ?? ""
  );
}

/** Patterns with commas between them, as users write them into one line. `!` before a pattern leaves its files out. */
export function readPatterns(text: string): { include: string[]; exclude: string[] } | { problem: string } {
  const patterns: string[] = [];
  let pattern = "";
  let depth = 0;
  for (const character of text) {
    if (character === "{") depth++;
    else if (character === "}") depth--;
    if (depth < 0) return { problem: "A } has no { before it" };
    // Commas within braces belong to the pattern.
    if (character === "," && depth === 0) {
      patterns.push(pattern);
      pattern = "";
    } else pattern += character;
  }
  if (depth > 0) return { problem: "A { has no } after it" };
  const written = [...patterns, pattern].map((one) => one.trim()).filter((one) => one !== "" && one !== "!");
  const include = written.filter((one) => !one.startsWith("!"));
  if (include.length === 0) return { problem: "Write a pattern such as **/*.ts" };
  return { include, exclude: written.filter((one) => one.startsWith("!")).map((one) => one.slice(1).trim()) };
}
