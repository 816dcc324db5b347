import assert from "node:assert/strict";
import { test } from "node:test";
import { searchEntries } from "../../../extension/results/run-search.js";
import type { Run } from "../../../extension/runs/run.js";

function pastRun(id: string, name: string, rows: object[]): Run {
  const failed = rows.filter((row) => "error" in row).length;
  return {
    id,
    request: { name },
    info: { done: rows.length - failed, failed, total: rows.length, startedAt: 0 },
    rows: rows.map((row, index) => ({ index, label: `item ${index}`, state: "done", ...row })),
  } as unknown as Run;
}

test("past runs are found by function, item, outcome and error; the newest first, failures before the rest", () => {
  const error = { code: 1012, message: "disk full", data: { type: "OSError", message: "disk full\nmore" } };
  const entries = searchEntries([
    pastRun("run:1", "first", [{}]),
    pastRun("run:2", "second", [{}, { state: "failed", error }]),
  ]);
  assert.deepEqual(
    entries.map(({ label, description, run, index }) => [run.id, index, label, description]),
    [
      ["run:2", null, "second", "1 done, 1 failed of 2"],
      ["run:2", 1, "item 1", "failed"],
      ["run:2", 0, "item 0", "done"],
      ["run:1", null, "first", "1 done, 0 failed of 1"],
      ["run:1", 0, "item 0", "done"],
    ],
  );
  assert.match(entries[1]!.detail, /^second: .*disk full$/);
});
