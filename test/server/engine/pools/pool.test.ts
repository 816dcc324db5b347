import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../../protocol/errors.js";
import { Wait } from "../../../../server/engine/wait.js";
import * as jobs from "../../../../protocol/job.js";
import * as workers from "../../../../protocol/worker.js";
import { PoolWorld, runAll, settle, startJob, type FakeHost } from "../fake-hosts.js";

test("workers are started only as tasks need them, and never more than the pool's processes", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 4 });
  assert.equal(world.hosts.length, 0);
  const job = world.job(pool);
  job.submit(world.tasks(2));
  assert.equal(world.hosts.length, 2);
  job.submit(world.tasks(100, 2));
  assert.equal(world.hosts.length, 4);
  world.connectAll();
  await settle();
  await runAll(world);
  assert.equal(world.results.length, 102);
  assert.equal(world.hosts.length, 4);
});

test("every task has exactly one outcome, and each worker runs its share", async () => {
  const { world } = await startJob(1000, { processes: 2 });
  const ran = await runAll(world);
  assert.equal(ran[0]! + ran[1]!, 1000);
  assert.ok(Math.min(...ran) > 300, `shares ${ran.join(" and ")}`);
  assert.deepEqual(
    world.results.map((entry) => entry.index).sort((a, b) => a - b),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test("tasks prefetched behind a long one are taken back as soon as another worker is free", async () => {
  const { world } = await startJob(200, { processes: 2 });
  const [slow, fast] = world.hosts as [FakeHost, FakeHost];
  // A few quick tasks first, so that both workers prefetch many.
  for (let i = 0; i < 5; i++) {
    for (const host of [slow, fast]) host.succeed(host.begin()!);
    world.clock.advance(0.1);
    await settle();
  }
  const long = slow.begin()!;
  assert.ok(slow.list.length > 1, "tasks were sent ahead");
  world.clock.advance(50);
  await runAll(world, [fast]);
  assert.equal(world.results.length, 199, "all but the long one are done");
  assert.equal(slow.begin(), null, "what it had was taken back");
  slow.succeed(long);
  await settle();
  assert.equal(world.results.length, 200);
});

test("a worker ends after maxTasksPerChild tasks and is replaced", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1, maxTasksPerChild: 2 }));
  job.submit(world.tasks(5));
  const ran: number[] = [];
  for (let i = 0; i < 3; i++) {
    const host = world.hosts[i]!.connect();
    await settle();
    ran.push(...(await runAll(world, [host])));
    if (i < 2) assert.equal(host.peer.received(workers.exit).length, 1);
    host.die({ exitCode: 0, signal: null });
    await settle();
  }
  assert.deepEqual(ran, [2, 2, 1]);
  assert.equal(world.results.filter((entry) => entry.error).length, 0);
});

test("submits beyond the session's limit wait for room, and too many waiting ones are refused", async () => {
  const world = new PoolWorld({ maxQueuedBytes: 10 });
  const job = world.job(world.pool({ processes: 1 }));
  assert.equal(job.submit(world.tasks(6)), null);
  const later = job.submit(world.tasks(3, 6));
  assert.ok(later instanceof Wait);
  assert.throws(() => job.submit(world.tasks(30, 9)), { codeName: "Overloaded" });
  const host = world.hosts[0]!.connect();
  await settle();
  for (let i = 0; i < 2; i++) {
    host.succeed(host.begin()!);
    await settle();
  }
  assert.ok(later.settled);
  await runAll(world);
  assert.equal(world.results.length, 9);
});

test("while a client does not read its results, its tasks are parked", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1 }));
  job.submit(world.tasks(2));
  const host = world.hosts[0]!.connect({ channels: false });
  await settle();
  world.client.peer.backlog = 1e9;
  host.succeed(host.begin()!);
  await settle();
  assert.equal(host.begin(), null);
  world.client.peer.drain();
  await settle();
  assert.equal(host.begin()?.index, 1);
});

test("a host without channels is given one task at a time", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1 }));
  job.submit(world.tasks(10));
  const host = world.hosts[0]!.connect({ channels: false });
  for (let i = 0; i < 10; i++) {
    await settle();
    assert.equal(host.list.length, 1);
    host.succeed(host.begin()!);
  }
  await settle();
  assert.equal(world.results.length, 10);
});

test("join waits until a closed pool's work is done and its workers have gone", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  const job = world.job(pool);
  assert.throws(() => pool.join(world.client, null), { codeName: "BadState" });
  job.submit(world.tasks(2));
  const host = world.hosts[0]!.connect();
  await settle();
  pool.close();
  assert.throws(() => world.job(pool), { codeName: "BadState" });
  const joined = pool.join(world.client, null) as Wait<null>;
  await runAll(world);
  assert.equal(host.peer.received(workers.exit).length, 1);
  assert.equal(joined.settled, false);
  host.die({ exitCode: 0, signal: null });
  assert.equal(joined.settled, true);
});

test("terminate kills the workers and fails all unfinished tasks with Cancelled", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  const job = world.job(pool);
  job.submit(world.tasks(3));
  const host = world.hosts[0]!.connect();
  await settle();
  host.begin();
  pool.terminate();
  assert.deepEqual(host.signals, ["SIGKILL"]);
  host.die();
  await settle();
  assert.deepEqual(
    world.results.map((entry) => errorName(entry.error!.code)),
    Array(3).fill("Cancelled"),
  );
  assert.equal(pool.whenGone(world.client), null);
});

test("pools and their workers end with their client", () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 2 }));
  job.submit(world.tasks(4));
  world.connectAll();
  world.client.end(true);
  assert.deepEqual(
    world.hosts.map((host) => host.signals.at(-1)),
    ["SIGKILL", "SIGKILL"],
  );
  assert.equal(world.engine.pools().length, 1);
  for (const host of world.hosts) host.die();
  assert.equal(world.engine.pools().length, 0);
  assert.equal(world.engine.registry.size, 0);
});

test("a hundred thousand outcomes of one turn are split into messages that any client can read", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1 }));
  job.submit(world.tasks(100_000));
  job.cancel(undefined, 0);
  await settle();
  assert.equal(world.results.length, 100_000);
  assert.ok(Math.max(...world.client.peer.received(jobs.results).map((message) => message.results.length)) <= 1000);
});

test("a terminated pool has no queued tasks", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  world.job(pool).submit(world.tasks(100));
  const host = world.hosts[0]!.connect();
  await settle();
  host.begin();
  assert.ok(pool.describePool().queued > 90);
  pool.terminate();
  assert.equal(pool.describePool().queued, 0);
  host.die();
  await settle();
  assert.deepEqual([pool.describePool().workers, pool.describePool().queued, pool.describePool().failed], [0, 0, 100]);
});

test("when the server is ending, a worker that has ended is not replaced", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 2 });
  world.job(pool).submit(world.tasks(10));
  world.connectAll();
  await settle();
  world.engine.ending = true;
  for (const host of world.hosts) host.die();
  await settle();
  assert.equal(world.hosts.length, 2);
});

test("two tasks of one submit with the same index are refused, and nothing is accepted", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1 }));
  const [task] = world.tasks(1);
  assert.throws(() => job.submit([{ ...task!, count: 100 }, task!]), { codeName: "BadState" });
  assert.equal(world.client.queuedBytes, 0);
  job.submit([task!]);
  world.connectAll();
  await settle();
  await runAll(world);
  assert.deepEqual(
    world.results.map(({ index, count }) => [index, count]),
    [[0, 1]],
  );
});

test("a submit without tasks does not bring a closed pool back", () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  const job = world.job(pool);
  pool.close();
  assert.deepEqual(world.engine.pools(), []);
  job.submit([]);
  assert.deepEqual(world.engine.pools(), []);
});
