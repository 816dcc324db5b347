import assert from "node:assert/strict";
import { test } from "node:test";
import * as jobs from "../../../../protocol/job.js";
import { highWaterBytes } from "../../../../server/engine/peer.js";
import { Job } from "../../../../server/engine/pools/job.js";
import type { Child, ChildEvents, CommandSpec } from "../../../../server/engine/processes/spawner.js";
import { PoolWorld, settle } from "../fake-hosts.js";

const target = { command: "true" };

/** The msgpack of a list of `count` numbers 1. A number is not a valid item for a program. */
function ones(count: number): Uint8Array {
  const list = new Uint8Array(count + 3).fill(1);
  list.set([0xdc, count >> 8, count & 0xff]);
  return list;
}

test("items for a program are counted before the server reads them", () => {
  const world = new PoolWorld();
  const job = world.job(world.pool(), { target });
  for (const [count, items] of [
    [65_535, ones(1)],
    [Number.MAX_SAFE_INTEGER, ones(3)],
    [1, new Uint8Array([1])],
    [1, new Uint8Array()],
  ] as const) {
    assert.throws(() => job.submit([{ index: 0, count, items }]), { codeName: "InvalidParams" });
  }
  assert.equal(world.client.queuedBytes, 0);
});

test("thousands of items that cannot be filled in are refused over several turns of the event loop", async () => {
  const world = new PoolWorld();
  const count = 20_000;
  const job = world.job(world.pool({ processes: 2 }), { target, mode: "apply" });
  job.submit([{ index: 0, count, items: ones(count) }]);
  await settle();
  assert.equal(job.failed, 0, "nothing before the next turn");
  world.clock.advance(1);
  await settle();
  assert.equal(job.failed, 2, "as many as run at a time");
  assert.equal(job.cancel(undefined, 0), 1);
  world.clock.advance(1);
  await settle();
  assert.equal(job.failed, count);
  assert.equal(new Set(world.results.map(({ error }) => error!.code)).size, 2);
});

test("with `stream` the session gets output as it comes, and the command waits while it does not read", async () => {
  const world = new PoolWorld();
  const { peer } = world.client;
  let command!: ChildEvents;
  let paused = false;
  Object.assign(world.engine.options.spawner, {
    startCommand: (_spec: CommandSpec, events: ChildEvents): Child => {
      command = events;
      queueMicrotask(() => events.spawned(7));
      return {
        pid: 7,
        signalTree: () => {},
        suspend: () => {},
        killIn: () => {},
        pauseOutput: () => void (paused = true),
        resumeOutput: () => void (paused = false),
      };
    },
  });
  const job = world.job(world.pool(), { target: { ...target, stream: true } });
  job.submit(world.tasks(1, 3));
  await settle();
  command.output("stdout", Buffer.from("a"));
  assert.ok(!paused);
  peer.backlog = highWaterBytes + 1;
  command.output("stderr", Buffer.from("b\n"));
  assert.ok(paused);
  command.output("stdout", Buffer.from("c"));
  peer.drain();
  assert.ok(!paused);
  const told = peer
    .received(jobs.output)
    .map(({ index, stream, data }) => [index, stream, Buffer.from(data as Uint8Array).toString()]);
  assert.deepEqual(told, [
    [3, "stdout", "a"],
    [3, "stderr", "b\n"],
    [3, "stdout", "c"],
  ]);
});

test("`stream` is refused where there is no client to read it", () => {
  const world = new PoolWorld();
  const streaming = { ...target, stream: true };
  const job = () =>
    new Job("job:s1.99", world.pool(), world.client, { target: streaming, mode: "map" }, { results: () => {} });
  assert.throws(job, { codeName: "BadState", message: /stream: .* leave it out for runs and clusters/ });
});
