import assert from "node:assert/strict";
import { test } from "node:test";
import { FailedFiles } from "../../../extension/diagnostics/failed-files.js";
import type { Target } from "../../../protocol/target.js";
import { FakeRun } from "../runs/fake-run.js";

const lint: Target = { command: "lint", args: ["{item}"] };
const parse: Target = { module: "/w/parse.js", export: "parse" };

function ended(id: string, target: Target, states: Record<string, "done" | "failed">): FakeRun {
  const run = new FakeRun(
    id,
    target,
    Object.keys(states).map((file) => ({ label: file, file })),
  );
  Object.values(states).forEach((state, index) => run.set(index, { state }));
  return run;
}

test("a file is marked until the same target succeeds with it; other targets do not count", () => {
  const failed = new FailedFiles();
  const update = (run: FakeRun) => [...failed.update(run, run.rows.keys())];
  assert.deepEqual(update(ended("r1", lint, { "/w/a.c": "failed", "/w/b.c": "failed", "/w/c.c": "done" })), [
    "/w/a.c",
    "/w/b.c",
  ]);
  assert.deepEqual(update(ended("r2", parse, { "/w/a.c": "failed" })), ["/w/a.c"]);
  assert.deepEqual(failed.of("/w/a.c"), ["work", "work"]);
  assert.deepEqual(update(ended("r3", lint, { "/w/a.c": "done", "/w/b.c": "failed" })), ["/w/a.c"]);
  assert.deepEqual(failed.of("/w/a.c"), ["work"]);
  assert.deepEqual(failed.of("/w/b.c"), ["work"]);
  assert.deepEqual(failed.of("/w/c.c"), []);
});

test("a mark disappears with the run that failed last, not with an earlier run", () => {
  const failed = new FailedFiles();
  failed.update(ended("r1", lint, { "/w/a.c": "failed" }), [0]);
  failed.update(ended("r2", lint, { "/w/a.c": "failed" }), [0]);
  assert.deepEqual([...failed.keepOnly(new Set(["r2"]))], []);
  assert.deepEqual([...failed.keepOnly(new Set())], ["/w/a.c"]);
  assert.deepEqual(failed.of("/w/a.c"), []);
});
