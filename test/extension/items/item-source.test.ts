import assert from "node:assert/strict";
import { test } from "node:test";
import { describeSource } from "../../../extension/items/item-source.js";
import { labelOfPath } from "../../../extension/items/labels.js";
import { lineItems } from "../../../extension/items/lines.js";

test("each line is an item, unchanged; empty lines are left out", () => {
  assert.deepEqual(
    lineItems("a\r\n  b c \n\n \t\nd").map(({ value }) => value),
    ["a", "  b c ", "d"],
  );
  assert.deepEqual(lineItems("  b c ")[0], { value: "  b c ", label: "b c", file: null });
  assert.deepEqual(lineItems(" \n"), []);
});

test("a file's label is its path within the workspace", () => {
  const one = [{ name: "app", path: "/w/app" }];
  assert.equal(labelOfPath("/w/app/src/a.ts", one), "src/a.ts");
  assert.equal(labelOfPath("/w/apple/a.ts", one), "/w/apple/a.ts");
  assert.equal(labelOfPath("/w/app", one), "app");
  assert.equal(labelOfPath("/etc/hosts", []), "/etc/hosts");
  assert.equal(labelOfPath("/x", [{ name: "all", path: "/" }]), "x");
});

test("with several folders the folder's name comes first, and the innermost folder counts", () => {
  const folders = [
    { name: "app", path: "/w/app" },
    { name: "lib", path: "/w/app/lib" },
  ];
  assert.equal(labelOfPath("/w/app/a.ts", folders), "app/a.ts");
  assert.equal(labelOfPath("/w/app/lib/b.ts", folders), "lib/b.ts");
});

test("a source is described in a few words", () => {
  assert.equal(describeSource({ kind: "files", paths: ["/w/src"] }, 12), "src");
  assert.equal(describeSource({ kind: "files", paths: ["/w/src", "/w/a.ts"] }, 13), "src, a.ts");
  assert.equal(describeSource({ kind: "files", paths: ["/w/src", "/w/a.ts", "/w/b.ts"] }, 14), "14 files");
  assert.equal(describeSource({ kind: "files", paths: ["/w/src", "/w/a.ts", "/w/b.ts"] }), "3 paths");
  assert.equal(describeSource({ kind: "glob", include: ["**/*.ts", "*.js"] }), "**/*.ts, *.js");
  assert.equal(describeSource({ kind: "lines", text: "a\n\nb\n" }), "2 lines");
  assert.equal(describeSource({ kind: "values", values: [] }), "0 values");
});
