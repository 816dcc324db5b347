import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../../protocol/errors.js";
import * as workers from "../../../../protocol/worker.js";
import { PoolWorld, runAll, settle, startJob, type FakeHost } from "../fake-hosts.js";

test("when a worker dies, only its begun task fails, and other workers run the others in order", async () => {
  const { world, host: first } = await startJob(10);
  for (let i = 0; i < 3; i++) {
    first.succeed(first.begin()!);
    await settle();
  }
  assert.equal(first.begin()!.index, 3);
  first.die();
  await settle();
  const lost = world.results.filter((entry) => entry.error);
  assert.deepEqual(
    lost.map((entry) => [entry.index, errorName(entry.error!.code), entry.error!.data?.["signal"], entry.pid]),
    [[3, "WorkerLost", "SIGKILL", first.pid]],
  );
  const second = world.hosts[1]!.connect();
  await settle();
  assert.deepEqual(second.list.map((task) => task.index).slice(0, 1), [4]);
  await runAll(world, [second]);
  assert.equal(world.results.length, 10);
});

test("with retries, the task of a dead worker is retried", async () => {
  const { world, host: first } = await startJob(1, { retries: 1 });
  first.begin();
  first.die();
  await settle();
  assert.equal(world.results.length, 0);
  const second = world.hosts[1]!.connect();
  await settle();
  await runAll(world, [second]);
  assert.deepEqual(
    world.results.map((entry) => [entry.index, entry.error]),
    [[0, undefined]],
  );
});

test("a failing task has 1 + retries attempts, then its error is reported", async () => {
  const { world, host } = await startJob(1, { retries: 2 });
  for (let i = 0; i < 3; i++) {
    host.fail(host.begin()!, `try ${i + 1}`);
    await settle();
  }
  assert.equal(host.begin(), null);
  assert.deepEqual(
    world.results.map((entry) => entry.error?.message),
    ["try 3"],
  );
});

/** A worker has reported the first 4 of `count` items and died; another worker has been given the rest. */
async function dieAfterFour(count: number, items: Uint8Array) {
  const { world, job, host: first } = await startJob([{ index: 0, count, items }]);
  const task = first.begin()!;
  first.record.part({ seq: task.seq, from: 0, count: 4, values: new Uint8Array([0x94]), next: 4 });
  first.die();
  await settle();
  const second = world.hosts[1]!.connect();
  await settle();
  return { world, job, task, second, rest: second.begin()! };
}

test("in a dead worker's chunk done items stay done, one is lost, the rest runs item by item", async () => {
  const { world, job, task, second, rest } = await dieAfterFour(10, new Uint8Array([0x9a]));
  assert.equal(task.exact, true);
  assert.deepEqual([rest.from, rest.to, rest.exact], [5, undefined, true]);
  second.succeed(rest);
  await settle();
  assert.deepEqual(
    world.results.map((entry) => [entry.index, entry.count, entry.error ? errorName(entry.error.code) : "ok"]),
    [
      [0, 4, "ok"],
      [4, 1, "WorkerLost"],
      [5, 5, "ok"],
    ],
  );
  assert.deepEqual(job.wait(world.client, null), { done: 9, failed: 1 });
});

test("in a dead worker's large chunk no item fails: batched reports do not tell which one ran", async () => {
  const { world, task, second, rest } = await dieAfterFour(1000, new Uint8Array([0xdc, 0x03, 0xe8]));
  assert.equal(task.exact, undefined);
  assert.deepEqual([rest.from, rest.to, rest.exact], [4, undefined, true]);
  assert.deepEqual(
    world.results.map((entry) => [entry.index, entry.count, entry.error]),
    [[0, 4, undefined]],
  );
  second.record.part({ seq: rest.seq, from: 4, count: 1, values: new Uint8Array([0x91]), next: 5 });
  second.die();
  await settle();
  assert.deepEqual(
    world.results
      .filter((entry) => entry.error)
      .map((entry) => [entry.index, entry.count, errorName(entry.error!.code)]),
    [[5, 1, "WorkerLost"]],
  );
});

test("a task past its timeout is asked to stop, then its worker alone is killed; it fails with TimedOut", async () => {
  const { world } = await startJob(2, { processes: 2, timeoutMs: 100, graceMs: 50 });
  const [hung, other] = world.hosts as [FakeHost, FakeHost];
  hung.begin();
  other.succeed(other.begin()!);
  world.clock.advance(100);
  assert.deepEqual(
    hung.peer.received(workers.cancel).map((cancel) => cancel.reason),
    ["TimedOut"],
  );
  assert.deepEqual(hung.signals, []);
  world.clock.advance(50);
  assert.deepEqual(hung.signals, ["SIGKILL"]);
  assert.deepEqual(other.signals, []);
  hung.die();
  await settle();
  assert.deepEqual(
    world.results.filter((entry) => entry.error).map((entry) => errorName(entry.error!.code)),
    ["TimedOut"],
  );
});

test("a failing initializer fails the queued tasks, and no further workers are started", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1, initializer: { module: "/tasks.js", export: "prepare" } }));
  job.submit(world.tasks(3));
  const host = world.hosts[0]!.connect();
  assert.deepEqual(host.list, []);
  host.record.initialized({ error: { code: 1012, message: "no database" } });
  await settle();
  assert.deepEqual(
    world.results.map((entry) => entry.error?.message),
    Array(3).fill("the pool's initializer tasks.js#prepare failed: no database"),
  );
  host.die({ exitCode: 0, signal: null });
  await settle();
  assert.equal(world.hosts.length, 1);
});

test("after three workers that died before they were ready, the tasks fail", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1 }));
  job.submit(world.tasks(2));
  for (let i = 0; i < 3; i++) {
    world.hosts[i]!.record.spawned(world.hosts[i]!.pid);
    world.hosts[i]!.die({ exitCode: 1, signal: null });
    await settle();
  }
  assert.equal(world.hosts.length, 3);
  assert.deepEqual(
    world.results.map((entry) => errorName(entry.error!.code)),
    ["WorkerLost", "WorkerLost"],
  );
});

test("loading a task's module does not count for the task's timeout, up to ten seconds", async () => {
  const { world, host } = await startJob(1, { timeoutMs: 100 });
  world.clock.advance(5000);
  assert.deepEqual(host.peer.received(workers.cancel), []);
  host.begin();
  world.clock.advance(99);
  assert.deepEqual(host.peer.received(workers.cancel), []);
  world.clock.advance(1);
  assert.deepEqual(
    host.peer.received(workers.cancel).map((cancel) => cancel.reason),
    ["TimedOut"],
  );
});

test("a module that never finishes loading times out after ten seconds", async () => {
  const { world, host } = await startJob(1, { timeoutMs: 100, graceMs: 0 });
  world.clock.advance(10_000);
  assert.deepEqual(host.signals, ["SIGKILL"]);
});
