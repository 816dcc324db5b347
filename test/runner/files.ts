import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../fixture.js";

export interface TestFile {
  /** `test/server/engine/sync/lock.test.ts`. */
  source: string;
  compiled: string;
}

/** Tests that open a window of an editor. */
const windows = ["test/extension/in-host", "test/extension/browser/"];

/** Files that take longest, or a fixed time. They run first, so that none of them runs alone at the end. */
const long = [
  ...windows,
  "test/soak/",
  "test/fuzz/",
  "test/bindings/python/cpython-suite",
  "test/bindings/python/session",
  "test/bindings/python/programs",
  "test/bindings/python/futures",
];

export function usesWindow({ source }: TestFile): boolean {
  return windows.some((start) => source.startsWith(start));
}

function rank({ source }: TestFile): number {
  const at = long.findIndex((start) => source.startsWith(start));
  return at === -1 ? long.length : at;
}

/**
 * All tests whose source is still there, the longest first. `tsc` does not take away what it compiled from a source
 * that has gone. Filters are parts of the source's path.
 */
export function findTestFiles(filters: readonly string[]): TestFile[] {
  const found: TestFile[] = [];
  for (const name of readdirSync(join(root, "dist", "test"), { recursive: true, encoding: "utf8" }).sort()) {
    if (!name.endsWith(".test.js")) continue;
    const source = join("test", name.replace(/\.js$/, ".ts"));
    if (!existsSync(join(root, source))) continue;
    if (filters.length > 0 && !filters.some((filter) => source.includes(filter))) continue;
    found.push({ source, compiled: join(root, "dist", "test", name) });
  }
  return found.sort((a, b) => rank(a) - rank(b));
}
