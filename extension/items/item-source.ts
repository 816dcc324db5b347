import { basename } from "node:path";

/** Where the items of a run come from. */
export type ItemSource =
  /** Absolute paths. A folder stands for the files in it, without those that searches leave out. */
  | { kind: "files"; paths: readonly string[] }
  /** Patterns, relative to `folder` (absolute), or to each folder of the workspace. */
  | { kind: "glob"; include: readonly string[]; exclude?: readonly string[]; folder?: string }
  /** Files with changes in the open repositories, staged or not; deleted ones are left out. */
  | { kind: "git" }
  /** Each line of the text; empty ones are left out. */
  | { kind: "lines"; text: string }
  /** Any JSON values. */
  | { kind: "values"; values: readonly unknown[] };

/** The items cannot be found or read, or there are none. The message, for the user, says what to check. */
export class ItemsError extends Error {
  override readonly name = "ItemsError";
}

/** Number of paths that are listed by name. */
const maxNames = 2;

/**
 * In a few words: `src, README.md`, `12 files`, `src/**\/*.ts`, `files changed in Git`. `found`: how many items there
 * are, where that is known: a folder has many files.
 */
export function describeSource(source: ItemSource, found?: number): string {
  switch (source.kind) {
    case "files":
      return source.paths.length <= maxNames
        ? source.paths.map((path) => basename(path)).join(", ")
        : plural(found ?? source.paths.length, found === undefined ? "path" : "file");
    case "glob":
      return source.include.join(", ");
    case "git":
      return "files changed in Git";
    case "lines":
      return plural(source.text.split("\n").filter((line) => line.trim() !== "").length, "line");
    case "values":
      return plural(source.values.length, "value");
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
