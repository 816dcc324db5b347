import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { fixture } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

const kinds = ["leader", "child", "grandchild", "escaped", "orphan"] as const;
const onLinux = { skip: process.platform === "linux" ? false : "needs setsid and /proc" };

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`${signal} ends a tree with its grandchildren, other sessions and orphans`, onLinux, async (t) => {
    const told = new Recorder();
    const child = testSpawner(t).startCommand({ command: fixture("family.sh"), args: [] }, told);
    const pids = Object.values(await told.numbers(...kinds));
    assert.equal(pids.length, kinds.length);
    assert.ok(pids.every(isLiving));
    child.signalTree(signal);
    assert.deepEqual(await told.exitsSoon(), { exitCode: null, signal });
    await waitFor(() => !pids.some(isLiving), { what: `the end of ${pids.join(", ")}` });
  });
}

test("a tree that ignores SIGTERM lives until SIGKILL", onLinux, async (t) => {
  const told = new Recorder();
  const child = testSpawner(t).startCommand({ command: fixture("family.sh"), args: ["stubborn"] }, told);
  const pids = Object.values(await told.numbers(...kinds));
  child.signalTree("SIGTERM");
  // A command that is started and ends after the signal was sent: time enough for it to act.
  const other = new Recorder();
  testSpawner(t).startCommand({ command: "true", args: [] }, other);
  await other.exitsSoon();
  assert.ok(pids.every(isLiving));
  child.signalTree("SIGKILL");
  assert.deepEqual(await told.exitsSoon(), { exitCode: null, signal: "SIGKILL" });
  await waitFor(() => !pids.some(isLiving));
});

test("descendants that ignore the SIGTERM that ended their leader are killed soon after it", onLinux, async (t) => {
  const told = new Recorder();
  const script =
    `(trap '' TERM; setsid sh -c 'echo "escaped $$"; exec sleep 1000' & sh -c 'echo "child $$"; ` +
    `exec sleep 1000' & wait) & echo "leader $$"; wait`;
  const child = testSpawner(t).startCommand({ command: "sh", args: ["-c", script] }, told);
  const pids = Object.values(await told.numbers("leader", "escaped", "child"));
  child.signalTree("SIGTERM");
  assert.deepEqual(await told.exitsSoon(), { exitCode: null, signal: "SIGTERM" });
  await waitFor(() => !pids.some(isLiving));
});

test("a descendant without environment and in another session is found through its parent", onLinux, async (t) => {
  const told = new Recorder();
  const script = `env -i PATH="$PATH" setsid sh -c 'echo "bare $$"; exec sleep 1000' & echo "leader $$"; wait`;
  const child = testSpawner(t).startCommand({ command: "sh", args: ["-c", script] }, told);
  const { bare } = await told.numbers("leader", "bare");
  child.signalTree("SIGKILL");
  await told.exitsSoon();
  await waitFor(() => !isLiving(bare));
});

test("ending one tree does not touch another", onLinux, async (t) => {
  const spawner = testSpawner(t);
  const first = new Recorder();
  const second = new Recorder();
  const child = spawner.startCommand({ command: fixture("family.sh"), args: [] }, first);
  spawner.startCommand({ command: fixture("family.sh"), args: [] }, second);
  const gone = Object.values(await first.numbers(...kinds));
  const spared = Object.values(await second.numbers(...kinds));
  child.signalTree("SIGKILL");
  await first.exitsSoon();
  await waitFor(() => !gone.some(isLiving));
  assert.ok(spared.every(isLiving));
});

test("a process that forks endlessly is killed with all its descendants", onLinux, async (t) => {
  const told = new Recorder();
  const script = `echo "leader $$"
    while :; do setsid sleep 999 & setsid sh -c 'sleep 998 & sleep 997' & sleep 0.01; done`;
  const spawner = testSpawner(t);
  const child = spawner.startCommand({ command: "sh", args: ["-c", script] }, told);
  await told.numbers("leader");
  const [usage] = await waitFor(async () => {
    const found = await spawner.usage([told.pid]);
    return (found[0]?.descendants.length ?? 0) > 10 && found;
  });
  child.signalTree("SIGKILL");
  await told.exitsSoon();
  await waitFor(() => !usage!.descendants.some((row) => isLiving(row.pid)));
  const { readProcessTable } = await import("../../../server/os/process-table.js");
  const { hasInEnvironment } = await import("../../../server/os/proc.js");
  await waitFor(
    () =>
      ![...readProcessTable().values()].some((row) =>
        hasInEnvironment(row.pid, `POLYPROC_INSTANCE=${spawner.instanceId}`),
      ),
  );
});

test("a signal after the exit has no effect", async (t) => {
  const told = new Recorder();
  const child = testSpawner(t).startCommand({ command: "true", args: [] }, told);
  await told.exitsSoon();
  child.signalTree("SIGTERM");
  child.signalTree("SIGKILL");
  assert.deepEqual(
    told.order.filter((event) => event === "exited"),
    ["exited"],
  );
});

test("a child that is killed before its spawn was reported is reported as spawned, then as killed", async (t) => {
  const told = new Recorder();
  testSpawner(t)
    .startCommand({ command: "sleep", args: ["1000"] }, told)
    .signalTree("SIGKILL");
  assert.deepEqual(await told.exitsSoon(), { exitCode: null, signal: "SIGKILL" });
  assert.deepEqual(told.order, ["spawned", "exited"]);
});
