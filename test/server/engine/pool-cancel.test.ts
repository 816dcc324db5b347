import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../protocol/errors.js";
import * as workers from "../../../protocol/worker.js";
import { PoolWorld, runAll, settle, type FakeHost } from "./fake-hosts.js";

test("a waiting task is cancelled at once, a running one is asked first, and its neighbours go on", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 1 }));
  job.submit(world.tasks(3));
  const host = world.hosts[0]!.connect();
  await settle();
  const running = host.begin()!;
  assert.equal(job.cancel([0, 2], 1000), 2);
  await settle();
  assert.deepEqual(world.results.map((entry) => [entry.index, errorName(entry.error!.code)]), [[2, "Cancelled"]]);
  assert.equal(host.peer.received(workers.cancel).length, 1);
  host.fail(running, "AbortError");
  await settle();
  assert.deepEqual(host.signals, []);
  await runAll(world);
  assert.deepEqual(world.results.map((entry) => [entry.index, entry.error ? errorName(entry.error.code) : "ok"]), [[2, "Cancelled"], [0, "Cancelled"], [1, "ok"]]);
});

test("cancel of what waits takes exactly what no worker has begun, also from the lists of workers", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 2 }));
  job.submit(world.tasks(100));
  world.connectAll();
  await settle();
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
  assert.deepEqual([busy, quick].flatMap((host) => host.peer.received(workers.cancel)), []);
  busy.succeed(begun);
  await settle();
  assert.deepEqual([world.results.filter((entry) => entry.error).length, world.results.length], [93, 100]);
  assert.deepEqual(job.wait(world.client, null), { done: 7, failed: 93 });
});
