import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../../protocol/errors.js";
import * as workers from "../../../../protocol/worker.js";
import { PoolWorld, runAll, settle, startJob, type FakeHost } from "../fake-hosts.js";

test("cancel fails a queued task at once and asks a running one to stop; other tasks go on", async () => {
  const { world, job, host } = await startJob(3);
  const running = host.begin()!;
  assert.equal(job.cancel([0, 2], 1000), 2);
  await settle();
  assert.deepEqual(
    world.results.map((entry) => [entry.index, errorName(entry.error!.code)]),
    [[2, "Cancelled"]],
  );
  assert.equal(host.peer.received(workers.cancel).length, 1);
  host.fail(running, "AbortError");
  await settle();
  assert.deepEqual(host.signals, []);
  await runAll(world);
  assert.deepEqual(
    world.results.map((entry) => [entry.index, entry.error ? errorName(entry.error.code) : "ok"]),
    [
      [2, "Cancelled"],
      [0, "Cancelled"],
      [1, "ok"],
    ],
  );
});

test("cancel of waiting tasks cancels exactly those that no worker has begun, also prefetched ones", async () => {
  const { world, job } = await startJob(100, { processes: 2 });
  const [busy, quick] = world.hosts as [FakeHost, FakeHost];
  for (let i = 0; i < 3; i++) {
    for (const host of [busy, quick]) host.succeed(host.begin()!);
    world.clock.advance(0.1);
    await settle();
  }
  const begun = busy.begin()!;
  assert.ok(quick.list.length > 1, "one has a list, and has not begun its first");
  assert.equal(job.cancel(undefined, null, true), 93);
  await settle();
  assert.deepEqual([busy.begin(), quick.begin()], [null, null]);
  assert.deepEqual(
    [busy, quick].flatMap((host) => host.peer.received(workers.cancel)),
    [],
  );
  busy.succeed(begun);
  await settle();
  assert.deepEqual([world.results.filter((entry) => entry.error).length, world.results.length], [93, 100]);
  assert.deepEqual(job.wait(world.client, null), { done: 7, failed: 93 });
});

test("a worker whose task channel has little room is given what fits, and runs the rest later", async () => {
  const { world, job, host } = await startJob(3);
  host.capacity = 2;
  for (let i = 0; i < 3; i++) {
    host.succeed(host.begin()!);
    world.clock.advance(0.1);
    await settle();
  }
  job.submit(world.tasks(20, 3));
  await settle();
  assert.equal(host.list.length, 2);
  const begun = host.begin()!;
  await settle();
  assert.equal(host.list.length, 1, "nothing more before it has reported");
  host.succeed(begun);
  await runAll(world);
  assert.deepEqual(
    world.results.map((entry) => entry.index),
    Array.from({ length: 23 }, (_, i) => i),
  );
  assert.deepEqual([host.signals, world.hosts.length], [[], 1]);
});

/** The worker dies, and others run the tasks that are left. */
async function dieAndRunElsewhere(world: PoolWorld, host: FakeHost): Promise<void> {
  host.die();
  await settle();
  world.connectAll();
  await settle();
  await runAll(world, world.hosts.slice(1));
}

test("a worker without tasks whose task channel has no room has filled it, and is ended", async () => {
  const { world, job, host } = await startJob(1);
  host.succeed(host.begin()!);
  await settle();
  host.capacity = 0;
  job.submit(world.tasks(2, 1));
  await settle();
  assert.deepEqual(host.signals, ["SIGKILL"]);
  await dieAndRunElsewhere(world, host);
  assert.deepEqual(
    world.results.map((entry) => [entry.index, entry.error]),
    [0, 1, 2].map((index) => [index, undefined]),
  );
});

test("a worker that dies before it reads loses no task, also after many were given and taken back", async () => {
  const { world, job, host } = await startJob(1);
  for (let round = 0; round < 200; round++) {
    job.submit(world.tasks(1, 1 + round));
    await settle();
    job.cancel(undefined, null, true);
    await settle();
  }
  assert.deepEqual(host.list, []);
  job.submit(world.tasks(3, 1000));
  await settle();
  await dieAndRunElsewhere(world, host);
  assert.deepEqual(
    world.results.filter(({ index }) => index >= 1000).map((entry) => [entry.index, entry.error]),
    [1000, 1001, 1002].map((index) => [index, undefined]),
  );
});

test("a task that is cancelled after it timed out is not retried, and its pool can end", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  const job = world.job(pool, { retries: 5, timeoutMs: 50 });
  job.submit(world.tasks(1));
  const host = world.hosts[0]!.connect();
  await settle();
  host.begin();
  world.clock.advance(50);
  job.cancel(undefined, 0);
  host.die();
  await settle();
  assert.deepEqual(
    world.results.map((entry) => errorName(entry.error!.code)),
    ["Cancelled"],
  );
  world.client.end(true);
  await settle();
  assert.deepEqual(world.engine.pools(), []);
});
