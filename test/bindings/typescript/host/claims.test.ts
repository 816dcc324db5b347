import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { waitFor } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { functions } from "../fixtures/paths.js";
import { TestHost } from "./harness.js";

const targets = [
  { id: 0, target: { module: functions, export: "double" } },
  { id: 1, target: { module: functions, export: "blockUntil" } },
];

test("tasks that were taken back while the host was busy are not run", async (t) => {
  const host = await TestHost.start(t);
  const folder = temporaryFolder(t);
  const gate = join(folder, "gate");
  const started = join(folder, "started");
  host.run([host.apply(1, [gate, started]), host.apply(0, [1]), host.apply(0, [2]), host.apply(0, [3])], { targets });
  await waitFor(() => existsSync(started));
  assert.deepEqual(host.takeBack(2), [1, 2]);
  writeFileSync(gate, "");
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ seq, values }) => ({ seq, values })),
    [
      { seq: 0, values: ["released"] },
      { seq: 3, values: [6] },
    ],
  );
});

test("when all tasks were taken back the host is idle, and later tasks run", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [1])], { targets });
  await host.results(1);
  // Sent without a claim, as if the server had taken the task back before the host claimed it.
  host.send("worker/run", { tasks: [host.apply(0, [2])] });
  host.run([host.apply(0, [3])]);
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ seq }) => seq),
    [0, 2],
  );
});

test("a claim that comes before its task is kept for it", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [0])], { targets });
  await host.results(1);
  const first = host.apply(0, [1]);
  const second = host.apply(0, [2]);
  // The host finds the second's claim when it looks for the first's.
  host.writeClaims([second]);
  host.send("worker/run", { tasks: [first] });
  host.send("worker/run", { tasks: [second] });
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ seq }) => seq),
    [0, 2],
  );
});

test("numbers beyond a byte go on from 0", async (t) => {
  const host = await TestHost.start(t);
  for (let round = 0; round < 3; round++) {
    const tasks = Array.from({ length: 100 }, (_, i) => host.apply(0, [i]));
    host.run(tasks, round === 0 ? { targets } : {});
    await host.results(100 * (round + 1));
  }
  assert.deepEqual(
    host.told.map(({ seq }) => seq),
    Array.from({ length: 300 }, (_, i) => i),
  );
});

test("without a claims pipe every task runs", async (t) => {
  const host = await TestHost.start(t, { claims: false });
  host.run([host.apply(0, [1]), host.apply(0, [2])], { targets });
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ values }) => values),
    [[2], [4]],
  );
});
