import assert from "node:assert/strict";
import { test } from "node:test";
import type { Payload } from "../../../../protocol/schema.js";
import * as workers from "../../../../protocol/worker.js";
import { PoolWorld, settle } from "../fake-hosts.js";

/** Runs all tasks that the hosts have. */
async function runAll(world: PoolWorld): Promise<void> {
  for (let busy = true; busy;) {
    busy = false;
    for (const host of world.hosts) {
      if (host.record.isOver) continue;
      for (let task = host.begin(); task; task = host.begin()) {
        host.succeed(task);
        busy = true;
      }
    }
    await settle();
  }
}

test("workers that are idle for idleTimeoutMs end, and minProcesses of them stay", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 3, minProcesses: 1, idleTimeoutMs: 1000 });
  const job = world.job(pool);
  job.submit(world.tasks(3));
  await settle();
  world.connectAll();
  await settle();
  assert.equal(world.hosts.length, 3);
  await runAll(world);
  world.clock.advance(900);
  await settle();
  // One of them works again: it is idle anew.
  job.submit(world.tasks(1, 3));
  await settle();
  await runAll(world);
  world.clock.advance(150);
  await settle();
  const retired = () => world.hosts.filter((host) => host.peer.received(workers.exit).length > 0).length;
  assert.equal(retired(), 2);
  world.clock.advance(10_000);
  await settle();
  assert.equal(retired(), 2);
});

test("minProcesses workers are started with the pool, for the initializer's runtime", async () => {
  const world = new PoolWorld();
  world.pool({ processes: 4, minProcesses: 2 });
  await settle();
  assert.equal(world.hosts.length, 2);
  // Workers that cannot start are not started again without tasks.
  for (const host of world.hosts.slice()) host.connect().die();
  await settle();
  assert.equal(world.hosts.length, 2);
  assert.throws(() => world.pool({ minProcesses: 1, runtime: "cobol" }), /cobol/);
  assert.equal(world.engine.pools().length, 1);
});

test("a pool that is refused starts no workers", async () => {
  const world = new PoolWorld();
  const initargs: Payload = [Uint8Array.from([1]), ["lock:@never-made"]];
  assert.throws(() => world.pool({ minProcesses: 2, initargs }), { codeName: "UnknownHandle" });
  await settle();
  assert.equal(world.hosts.length, 0);
});
