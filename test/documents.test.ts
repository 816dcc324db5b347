import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { root } from "./fixture.js";
import { isBelow, readSources } from "./architecture/sources.js";

/** The sections of the code map, by the folders that their headings name. */
function sectionsOf(text: string): Map<string, string> {
  const sections = new Map<string, string>();
  for (const part of text.split(/^(?=#{2,3} )/m))
    for (const [, folder] of part.split("\n", 1)[0]!.matchAll(/`([\w./-]+)\/(?:\*\.ts)?`/g))
      sections.set(folder!, part);
  return sections;
}

/** The folders with sources that the section of their area does not name. */
function unnamed(folders: Iterable<string>, sections: ReadonlyMap<string, string>): string[] {
  return [...folders].filter((folder) => {
    const area = [...sections.keys()].filter((area) => isBelow(folder, area)).sort((a, b) => b.length - a.length)[0];
    if (area === folder) return false;
    const name = folder.split("/").at(-1)!;
    return area === undefined || !new RegExp(`[\`/]${name}/`).test(sections.get(area)!);
  });
}

test("ARCHITECTURE.md names every room", () => {
  const sections = sectionsOf(readFileSync(join(root, "ARCHITECTURE.md"), "utf8"));
  const folders = new Set(
    readSources(/\.(ts|py)$/)
      .map(({ path }) => dirname(path))
      .filter((folder) => !isBelow(folder, "test") && !isBelow(folder, "examples")),
  );
  assert.ok(folders.size > 50);
  assert.deepEqual(unnamed(folders, sections), []);
});

test("a room that its section does not name is found", () => {
  const sections = sectionsOf("## Map\n\n### `a/` and `b/`\n\n`a/c/` has it, and `d/`.\n\n### `e/`\n\n`f/`\n");
  assert.deepEqual(unnamed(["a", "a/c", "b/d", "e", "e/f"], sections), []);
  assert.deepEqual(unnamed(["a/f", "e/d", "g"], sections), ["a/f", "e/d", "g"]);
});
