import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import { Guardian } from "../../../server/os/guardian.js";
import { guardianScript } from "../../../server/os/guardian-script.js";
import { readProcessTable } from "../../../server/os/process-table.js";
import { waitFor, within } from "../../deadline.js";
import { compiled } from "../../fixture.js";
import { isLiving } from "../../living.js";
import { Recorder } from "./recorder.js";
import { testSpawner } from "./spawners.js";

const onLinux = { skip: process.platform === "linux" ? false : "looks into /proc" };
const kinds = ["family", "busy", "host", "leader", "child", "grandchild", "escaped", "orphan", "ended"] as const;

/** The guardian of this server, found as anybody would: by its command line. */
function guardianOf(instanceId: string): number | undefined {
  return [...readProcessTable().values()].find((row) =>
    row.command().includes(`polyproc-guardian POLYPROC_INSTANCE=${instanceId}`),
  )?.pid;
}

async function startStandIn(t: TestContext) {
  const instanceId = randomUUID();
  const server = spawn(process.execPath, [compiled("test/server/os/stand-in"), instanceId], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  t.after(() => server.kill("SIGKILL"));
  const told = new Recorder();
  server.stdout.on("data", (data: Uint8Array) => told.output("stdout", data));
  const { ended: _, ...pids } = await told.numbers(...kinds);
  delete (pids as Record<string, number>)["brief"];
  const guardian = await waitFor(() => guardianOf(instanceId));
  return { server, pids: Object.values(pids), guardian };
}

test("a server that is killed takes every child, grandchild, other session and orphan with it", onLinux, async (t) => {
  const { server, pids, guardian } = await startStandIn(t);
  assert.equal(pids.length, 8);
  assert.ok(pids.every(isLiving));
  server.kill("SIGKILL");
  await waitFor(() => !pids.some(isLiving), { what: `the end of ${pids.join(", ")}` });
  await waitFor(() => !isLiving(guardian), { what: "the end of the guardian" });
});

test("a terminal's signals do not end the guardian", onLinux, async (t) => {
  const { server, pids, guardian } = await startStandIn(t);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(guardian, signal);
  process.kill(-server.pid!, "SIGKILL");
  await waitFor(() => !pids.some(isLiving));
});

test("a killed guardian is replaced, and its successor knows all groups", onLinux, async (t) => {
  const told = new Recorder();
  const spawner = testSpawner(t);
  spawner.startCommand({ command: "sleep", args: ["1000"] }, told);
  const first = await waitFor(() => guardianOf(spawner.instanceId));
  process.kill(first, "SIGKILL");
  const second = await waitFor(() => {
    const found = guardianOf(spawner.instanceId);
    return found !== first && found;
  });
  assert.ok(isLiving(second));
  assert.ok(isLiving(told.pid), "its end kills no process");
});

test("groups that were removed are not killed", onLinux, async (t) => {
  const start = () => {
    const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
    t.after(() => child.kill("SIGKILL"));
    return child.pid!;
  };
  const [first, spared, last] = [start(), start(), start()];
  const guardian = spawn("/bin/sh", ["-c", guardianScript, "guardian", `POLYPROC_INSTANCE=${randomUUID()}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  const exited = new Promise((resolve) => guardian.once("exit", resolve));
  guardian.stdin.end(`+${first}\n+${spared}\n+${last}\n-${spared}\n-${spared}\n-1${first}\n`);
  assert.equal(await within(exited, "the end of the guardian"), 0);
  await waitFor(() => !isLiving(first) && !isLiving(last));
  assert.ok(isLiving(spared));
});

test("a guardian that is asked to end kills no process", onLinux, async (t) => {
  const guardian = new Guardian(randomUUID());
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  t.after(() => child.kill("SIGKILL"));
  guardian.add(child.pid!);
  const pid = guardian.pid!;
  await guardian.end();
  assert.ok(!isLiving(pid));
  assert.ok(isLiving(child.pid!));
});

test(
  "a guardian that keeps failing is restarted with growing pauses; a message says so, another that it runs",
  onLinux,
  async (t) => {
    const told: string[] = [];
    const guardian = new Guardian(randomUUID(), "", (text) => told.push(text));
    t.after(() => guardian.end());
    guardian.prepare();
    const started: number[] = [];
    for (let kills = 0; kills < 6; kills++) {
      const pid = await waitFor(() => guardian.pid, { what: "a guardian" });
      started.push(performance.now());
      assert.equal(told.length, 0);
      process.kill(pid, "SIGKILL");
      await waitFor(() => guardian.pid === null, { what: "the news of its end" });
    }
    const gaps = started.slice(1).map((at, i) => at - started[i]!);
    // Each pause is twice the one before: 50 ms, 100 ms … 800 ms.
    gaps.forEach((gap, i) => assert.ok(gap >= 49 * 2 ** i, `${gap} ms before start ${i + 2}`));
    assert.equal(told.length, 1);
    assert.match(told[0]!, /started again and again/);
    await waitFor(() => told.length === 2, { what: "the news that one stays" });
    assert.match(told[1]!, /watched over again/);
    assert.ok(isLiving(guardian.pid!));
  },
);
