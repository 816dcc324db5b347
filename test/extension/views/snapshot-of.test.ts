import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../../../extension/model/model.js";
import type { Run } from "../../../extension/runs/run.js";
import { snapshotOf } from "../../../extension/views/snapshot-of.js";

test("a snapshot that a hidden view keeps does not keep runs: it looks them up when it is asked", () => {
  const run = {
    id: "run:1",
    info: { job: "job:1", pool: "pool:1" },
    rows: [{ label: "a.txt" }],
    request: { name: "count" },
  } as unknown as Run;
  const runs: { all: readonly Run[] } = { all: [run] };
  const model = { runs: new Map() } as unknown as Model;
  const { itemLabel, poolItemLabel, runName } = snapshotOf({
    server: { state: { kind: "none" } },
    model,
    runs,
  } as never);
  const told = () => [itemLabel("job:1", 0), poolItemLabel("pool:1", 0), runName("run:1")];
  assert.deepEqual(told(), ["a.txt", "a.txt", "count"]);
  runs.all = [];
  assert.deepEqual(told(), [null, null, null]);
});
