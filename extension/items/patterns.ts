import { isAbsolute, posix } from "node:path";

/** A pattern, relative to a folder: what the editor can search for. */
export interface RelativeGlob {
  /** Absolute. */
  base: string;
  pattern: string;
}

const special = /[*?[\]{}!]/;

/** A pattern that people wrote: it may be absolute, or begin with `./` or `../`. */
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
 * What is left out of a search: the user's own patterns, and those of the settings that searches respect, unless the search names what they
 * would hide (`node_modules/tool/*.js`). Undefined when nothing is left out.
 */
export function excludePattern(include: string, own: readonly string[], settings: readonly Record<string, unknown>[]): string | undefined {
  const searched = new Set(include.split("/"));
  const fromSettings = settings.flatMap((setting) => Object.entries(setting).flatMap(([pattern, on]) => (on === true && !searched.has(lastName(pattern)) ? [pattern] : [])));
  const all = [...new Set([...own.map((pattern) => pattern.replace(/^\.\//, "")), ...fromSettings])];
  if (all.length === 0) return undefined;
  return all.length === 1 ? all[0] : `{${all.join(",")}}`;
}

/** Of `**\/node_modules` and `**\/node_modules/**`: node_modules. */
function lastName(pattern: string): string {
  return pattern.split("/").filter((part) => part !== "" && part !== "**").at(-1) ?? "";
}
