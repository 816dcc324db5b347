import assert from "node:assert/strict";
import { test } from "node:test";
import { PolyprocError } from "../../../../protocol/errors.js";
import * as workers from "../../../../protocol/worker.js";
import { settle, type FakeHost } from "../fake-hosts.js";
import { firstHost, RunWorld } from "./run-world.js";

test("three workers in a row that die before they are ready fail the waiting items, and the run ends", async () => {
  const world = new RunWorld();
  const run = world.start(5, { processes: 1 });
  for (let i = 0; i < 3; i++) {
    world.hosts[i]!.record.spawned(world.hosts[i]!.pid);
    world.hosts[i]!.die({ exitCode: 1, signal: null });
    await settle();
  }
  assert.equal(world.hosts.length, 3);
  assert.deepEqual([run.ended, run.describeRun().state, run.describeRun().failed], [true, "done", 5]);
  assert.deepEqual(
    world.read(run).entries.map((entry) => [entry.startedAt, entry.pid > 0]),
    Array(5).fill([null, false]),
  );
});

test("halt: after the n-th failure no item and no retry begins; running items finish", async () => {
  const world = new RunWorld();
  const run = world.start(20, { processes: 2, retries: 0, halt: { failures: 2 } });
  world.connectAll();
  await settle();
  const [one, two] = world.hosts as [FakeHost, FakeHost];
  one.fail(one.begin()!);
  await settle();
  const running = two.begin()!;
  one.fail(one.begin()!);
  assert.equal(run.describeRun().state, "halted", "at once");
  await settle();
  assert.equal(one.begin(), null);
  assert.deepEqual(two.peer.received(workers.cancel), []);
  two.succeed(running);
  await settle();
  assert.equal(two.begin(), null);
  await world.runAll();
  const info = run.describeRun();
  assert.deepEqual([info.state, info.failed, info.done, info.cancelled], ["halted", 2, 1, 17]);
  assert.ok(run.ended);
});

test("halt with now: running items are asked to stop, and killed after the grace time", async () => {
  const world = new RunWorld();
  const run = world.start(5, { processes: 2, graceMs: 30, halt: { failures: 1, now: true } });
  world.connectAll();
  await settle();
  const [one, two] = world.hosts as [FakeHost, FakeHost];
  two.begin();
  one.fail(one.begin()!);
  await settle();
  assert.deepEqual(
    two.peer.received(workers.cancel).map((cancel) => cancel.reason),
    ["Cancelled"],
  );
  world.clock.advance(30);
  assert.deepEqual(two.signals, ["SIGKILL"]);
  two.die();
  await world.runAll();
  assert.deepEqual([run.describeRun().state, run.describeRun().cancelled], ["halted", 4]);
});

test("a target that cannot be loaded stops the run: no further item begins, and none is retried", async () => {
  const world = new RunWorld();
  const run = world.start(30, { processes: 2, retries: 3 });
  world.connectAll();
  await settle();
  const [one, two] = world.hosts as [FakeHost, FakeHost];
  const running = two.begin()!;
  one.fail(one.begin()!, new PolyprocError("TargetNotFound", "module /w/m.js does not exist").toErrorObject());
  assert.equal(run.describeRun().state, "halted", "at once");
  await settle();
  assert.equal(one.begin(), null);
  two.succeed(running);
  await world.runAll();
  const info = run.describeRun();
  assert.deepEqual([info.state, info.failed, info.done, info.cancelled], ["halted", 1, 1, 28]);
  assert.ok(run.ended);
});

test("cancel of waiting items takes exactly those that no worker has begun", async () => {
  const world = new RunWorld();
  const run = world.start(50, { processes: 1, retries: 3 });
  const host = await firstHost(world);
  for (let i = 0; i < 3; i++) {
    host.succeed(host.begin()!);
    await settle();
  }
  assert.ok(host.list.length > 1, "tasks were sent ahead");
  const running = host.begin()!;
  assert.equal(run.cancel({ waiting: true }), 46);
  assert.equal(run.describeRun().state, "cancelled");
  assert.deepEqual(host.peer.received(workers.cancel), []);
  assert.equal(host.begin(), null);
  // Not tried again: no more was wanted.
  host.fail(running);
  await world.runAll();
  const info = run.describeRun();
  assert.deepEqual([info.done, info.failed, info.cancelled, run.ended], [3, 1, 46, true]);
});

test("cancel of all stops running items, too, and the run ends when its workers have gone", async () => {
  const world = new RunWorld();
  const run = world.start(10, { processes: 1, graceMs: 100 });
  const host = await firstHost(world);
  host.begin();
  assert.equal(run.cancel({}), 10);
  assert.equal(run.describeRun().cancelled, 9);
  world.clock.advance(100);
  assert.deepEqual(host.signals, ["SIGKILL"]);
  await settle();
  assert.equal(run.ended, false);
  host.die();
  await settle();
  assert.deepEqual([run.ended, run.describeRun().state, run.describeRun().cancelled], [true, "cancelled", 10]);
  const times = world
    .read(run)
    .entries.toSorted((a, b) => a.index - b.index)
    .map((entry) => entry.ms);
  assert.deepEqual(times, [100, 0, 0, 0, 0, 0, 0, 0, 0, 0], "one ran until it was killed");
  assert.equal(run.cancel({}), 0);
  assert.equal(run.describeRun().state, "cancelled");
});

test("cancel counts each item once, also one that was prefetched", async () => {
  const world = new RunWorld();
  const run = world.start(4, { processes: 1 });
  await firstHost(world);
  assert.equal(run.describeRun().running, 1, "as far as is known");
  assert.equal(run.cancel({}), 4);
  assert.deepEqual([run.describeRun().running, run.describeRun().cancelled], [0, 4]);
});

test("cancel of some items takes their chunks, and the run goes on with the others", async () => {
  const world = new RunWorld();
  const run = world.start(10, { processes: 1, chunkSize: 2 });
  await firstHost(world);
  assert.equal(run.cancel({ indexes: [5, 4, 9, 400] }), 4);
  await world.runAll();
  assert.deepEqual([run.describeRun().state, run.describeRun().done, run.describeRun().cancelled], ["done", 6, 4]);
  assert.deepEqual(
    world.states(run).flatMap((state, index) => (state === "cancelled" ? [index] : [])),
    [4, 5, 8, 9],
  );
});

test("a run without items ends at once, and starts no worker", async () => {
  const world = new RunWorld();
  const run = world.start(0);
  await settle();
  assert.deepEqual([run.ended, run.describeRun().state, world.hosts.length], [true, "done", 0]);
  assert.deepEqual(world.read(run), { entries: [], next: 0, ended: true });
});

test("when its pool is terminated, the remaining items are cancelled, and the run ends", async () => {
  const world = new RunWorld();
  const run = world.start(3, { processes: 1 });
  const host = await firstHost(world);
  host.begin();
  run.pool.terminate();
  host.die();
  await settle();
  assert.deepEqual([run.ended, run.describeRun().state, run.describeRun().cancelled], [true, "cancelled", 3]);
});
