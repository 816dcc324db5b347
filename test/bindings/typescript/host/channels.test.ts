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

test("a task that was taken back is not run though its message came, and later tasks run", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [1])], { targets });
  await host.results(1);
  // Sent without a packet, as if the server had taken the task back before the host read it.
  host.send("worker/run", { tasks: [host.apply(0, [2])] });
  host.run([host.apply(0, [3])]);
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ seq }) => seq),
    [0, 2],
  );
});

test("a packet that comes before its task, or before the task's target, is kept for it", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [0])], { targets: targets.slice(0, 1) });
  await host.results(1);
  const [lost, named, early, last] = [host.apply(0, [1]), host.apply(0, [2]), host.apply(1, []), host.apply(0, [4])];
  host.writePackets([named!], true);
  host.writePackets([early!, last!]);
  host.send("worker/run", { tasks: [lost] });
  host.send("worker/run", { tasks: [named] });
  await host.results(2);
  host.send("worker/run", { targets: [{ id: 1, target: { module: functions, export: "echo" } }], tasks: [] });
  await host.results(4);
  assert.deepEqual(
    host.told.map(({ seq }) => seq),
    [0, 2, 3, 4],
  );
});

test("a packet whose task has not come is not forgotten when the next one is there", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [0])], { targets: targets.slice(0, 1) });
  await host.results(1);
  const [lost, named, last] = [host.apply(0, [1]), host.apply(0, [2]), host.apply(0, [3])];
  // It finds a message first, looks for its packet, and finds another one, whose task comes later.
  host.child.kill("SIGSTOP");
  host.send("worker/run", { tasks: [lost] });
  await new Promise((resolve) => setImmediate(resolve));
  host.writePackets([named!], true);
  host.writePackets([last!]);
  host.child.kill("SIGCONT");
  // It answers the second after it has looked.
  for (let times = 1; times <= 2; times++) {
    host.send("worker/run", { tasks: [], initializer: { target: targets[0]!.target } });
    await host.wait(() => host.notifications.length === times, "its answer");
  }
  assert.deepEqual(host.takeBack(1), [last!.seq], "it has not begun it");
  host.writePackets([last!]);
  host.send("worker/run", { tasks: [named] });
  await host.results(3);
  assert.deepEqual(
    host.told.map(({ seq }) => seq),
    [0, 2, 3],
  );
});

test("tasks of any size come in their order", async (t) => {
  const host = await TestHost.start(t);
  host.run([host.apply(0, [0])], { targets: [{ id: 0, target: { module: functions, export: "echo" } }] });
  await host.results(1);
  for (const bytes of [10, 3900, 5000, 300_000, 20]) host.run([host.apply(0, ["x".repeat(bytes)])]);
  await host.results(6);
  assert.deepEqual(
    host.told.map(({ values }) => String((values![0] as unknown[])[0]).length),
    [1, 10, 3900, 5000, 300_000, 20],
  );
});

test("without channels every task runs", async (t) => {
  const host = await TestHost.start(t, { channels: false });
  host.run([host.apply(0, [1]), host.apply(0, [2])], { targets });
  await host.results(2);
  assert.deepEqual(
    host.told.map(({ values }) => values),
    [[2], [4]],
  );
});
