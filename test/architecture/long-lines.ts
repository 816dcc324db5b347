import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "../fixture.js";

export const maxColumns = 120;

/** Files with lines that must not be broken, each with such a line's beginning and the reason. */
const unbreakable: Record<string, readonly [beginning: string, reason: string][]> = {
  "sources/positions.ts": [["/^(?!", "a regular expression has no line breaks"]],
};

/** Written by programs: `protocol/generated` by `npm run generate`. */
const generated = ["protocol/generated"];
const skipped = new Set(["node_modules", "dist", ".git", ".vscode-test", "build", "polyproc.egg-info"]);
const checked = /\.(?:ts|js|mjs|cjs|md|pyi?)$/;

/** The lines of the project's sources and documents that are longer than `maxColumns`: `PATH:LINE: COLUMNS columns`. */
export function longLines(): string[] {
  return [...textFiles(root)].flatMap((path) => longLinesOf(path, readFileSync(join(root, path), "utf8")));
}

/** Tables in Markdown and addresses cannot be broken: they do not count. */
export function longLinesOf(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const columns = Array.from(line).length;
    if (columns <= maxColumns) return [];
    if (path.endsWith(".md") && /^\s*\|/.test(line)) return [];
    if (/https?:\/\/\S{30,}/.test(line)) return [];
    if (unbreakable[path]?.some(([beginning]) => line.trimStart().startsWith(beginning))) return [];
    return [`${path}:${index + 1}: ${columns} columns`];
  });
}

function* textFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const shown = relative(root, path).replaceAll("\\", "/");
    if (skipped.has(entry.name) || generated.includes(shown)) continue;
    if (entry.isDirectory()) yield* textFiles(path);
    else if (checked.test(entry.name)) yield shown;
  }
}
