import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

test("a busy child's CPU time is reported, with its descendants' added", async (t) => {
  const spawner = testSpawner(t);
  const told = new Recorder();
  spawner.startCommand({ command: "sh", args: ["-c", '(while :; do :; done) & echo "busy $!"; wait'] }, told);
  const { busy } = await told.numbers("busy");
  const usage = await waitFor(
    async () => {
      const [found] = await spawner.usage([told.pid]);
      return found !== undefined && found.cpuPercent > 1 && found;
    },
    { intervalMs: 100 },
  );
  assert.equal(usage.pid, told.pid);
  assert.ok(usage.cpuPercent < 200, `${usage.cpuPercent} percent`);
  assert.deepEqual(
    usage.descendants.map((row) => [row.pid, row.parentPid]),
    [[busy, told.pid]],
  );
  const [below] = usage.descendants;
  assert.ok(below!.cpuPercent > 1);
  assert.match(below!.command, /while/);
  assert.ok(usage.memoryBytes > below!.memoryBytes);
  assert.ok(below!.memoryBytes > 10_000);
});

test("all descendants are listed, parents first", async (t) => {
  const spawner = testSpawner(t);
  const told = new Recorder();
  spawner.startCommand({ command: fixture("family.sh"), args: [] }, told);
  const pids = await told.numbers("leader", "child", "grandchild");
  const [usage] = await spawner.usage([told.pid]);
  const listed = usage!.descendants.map((row) => row.pid);
  assert.ok(listed.includes(pids.child));
  assert.ok(listed.includes(pids.grandchild));
  for (const row of usage!.descendants) {
    assert.ok(row.parentPid === told.pid || listed.indexOf(row.parentPid) < listed.indexOf(row.pid));
  }
});

test("ended processes are left out", async (t) => {
  const spawner = testSpawner(t);
  const gone = new Recorder();
  spawner.startCommand({ command: "true", args: [] }, gone);
  await gone.exitsSoon();
  const here = new Recorder();
  spawner.startCommand({ command: "sleep", args: ["1000"] }, here);
  await waitFor(() => here.pid > 0);
  assert.deepEqual(
    (await spawner.usage([gone.pid, here.pid])).map((row) => row.pid),
    [here.pid],
  );
  assert.deepEqual(await spawner.usage([]), []);
});

test("a thousand requests at once share one look at the processes", async (t) => {
  const spawner = testSpawner(t);
  const told = new Recorder();
  spawner.startCommand({ command: "sleep", args: ["1000"] }, told);
  await waitFor(() => told.pid > 0);
  const answers = await Promise.all(Array.from({ length: 1000 }, () => spawner.usage([told.pid])));
  const [first] = answers[0]!;
  assert.equal(first!.pid, told.pid);
  // One and the same, not one that is alike.
  assert.ok(answers.every(([usage]) => usage === first));
});
