import assert from "node:assert/strict";
import { test } from "node:test";
import {
  excludePattern,
  excludesIn,
  readPatterns,
  resolveGlob,
  searchesIn,
} from "../../../extension/items/patterns.js";

test("a pattern is relative to its folder", () => {
  assert.deepEqual(resolveGlob("**/*.ts", "/w"), { base: "/w", pattern: "**/*.ts" });
  assert.deepEqual(resolveGlob("src/a.ts", "/w"), { base: "/w", pattern: "src/a.ts" });
});

test("a pattern may be absolute, or go up", () => {
  assert.deepEqual(resolveGlob("/data/{a,b}/*.csv", "/w"), { base: "/data", pattern: "{a,b}/*.csv" });
  assert.deepEqual(resolveGlob("/data/x.csv", "/w"), { base: "/data", pattern: "x.csv" });
  assert.deepEqual(resolveGlob("../lib/*.ts", "/w/app"), { base: "/w/lib", pattern: "*.ts" });
  assert.deepEqual(resolveGlob("./src/**/*.ts", "/w"), { base: "/w/src", pattern: "**/*.ts" });
  assert.deepEqual(resolveGlob("/*.txt", "/w"), { base: "/", pattern: "*.txt" });
});

test("a pattern may begin with the folder's name", () => {
  const api = { name: "api", path: "/w/server" };
  assert.deepEqual(searchesIn("api/src/*.ts", api), [
    { base: "/w/server", pattern: "api/src/*.ts" },
    { base: "/w/server", pattern: "src/*.ts" },
  ]);
  assert.deepEqual(searchesIn("apis/*.ts", api), [{ base: "/w/server", pattern: "apis/*.ts" }]);
  assert.deepEqual(excludesIn(["api/gen/**", "*.d.ts"], api), ["api/gen/**", "gen/**", "*.d.ts"]);
});

const settings = [
  { "**/.git": true, "**/out": false },
  { "**/node_modules": true, "**/*.log": { when: "$(basename).ts" } },
];

test("files that the editor's search excludes, and those that the source excludes, are left out", () => {
  assert.equal(excludePattern("**/*.ts", ["./gen/**"], settings), "{gen/**,**/.git,**/node_modules}");
  assert.equal(excludePattern("**/*.ts", ["a"], []), "a");
  assert.equal(excludePattern("**/*.ts", [], []), undefined);
});

test("an excluded folder is searched if the pattern names it", () => {
  assert.equal(excludePattern("node_modules/tool/*.js", [], settings), "**/.git");
});

test("several patterns in one line, with commas in braces", () => {
  assert.deepEqual(readPatterns("src/{a,b{c,d}}/*.ts, *.js ,!**/*.d.ts,! gen/**,"), {
    include: ["src/{a,b{c,d}}/*.ts", "*.js"],
    exclude: ["**/*.d.ts", "gen/**"],
  });
  assert.deepEqual(readPatterns("a b.txt"), { include: ["a b.txt"], exclude: [] });
});

test("a line without a pattern, or with an unclosed brace, is an error", () => {
  for (const text of ["", " , ", "!", "!a"])
    assert.deepEqual(readPatterns(text), { problem: "Write a pattern such as **/*.ts" });
  assert.deepEqual(readPatterns("src/{a,b"), { problem: "A { has no } after it" });
  assert.deepEqual(readPatterns("src/a},b"), { problem: "A } has no { before it" });
});
