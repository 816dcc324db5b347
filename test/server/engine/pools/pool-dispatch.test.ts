import assert from "node:assert/strict";
import { test } from "node:test";
import { Block } from "../../../../server/engine/bypass/block.js";
import { Memory } from "../../../../server/engine/bypass/memory.js";
import * as workers from "../../../../protocol/worker.js";
import type { Wait } from "../../../../server/engine/wait.js";
import { PoolWorld, settle } from "../fake-hosts.js";

test("while the duration of tasks is unknown, no task is queued behind another one, which may never end", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool({ processes: 2 }));
  job.submit(world.tasks(3));
  const first = world.hosts[0]!.connect();
  await settle();
  const second = world.hosts[1]!.connect();
  await settle();
  assert.deepEqual([first.list.map((task) => task.index), second.list.map((task) => task.index)], [[0], [1]]);
});

test("a program's items are counted on submit, so one message cannot demand a billion processes", async () => {
  const world = new PoolWorld();
  const job = world.job(world.pool(), { target: { command: "true" } });
  const submit =
    (count: number, ...items: number[]) =>
    () =>
      job.submit([{ index: 0, count, items: Uint8Array.from(items) }]);
  for (const refused of [
    submit(1_000_000_000, 0x91, 1),
    submit(1_000_000_000, 0xdd, 0x3b, 0x9a, 0xca, 0x00),
    submit(2, 0x91, 1),
    submit(1, 1),
    submit(1),
  ]) {
    assert.throws(refused, { codeName: "InvalidParams", message: /expected a list of \d+, as count says/ });
  }
  assert.deepEqual(job.wait(world.client, 0), { done: 0, failed: 0 });
});

test("a pending submit fails when its pool is terminated, and leaves nothing behind", async () => {
  const world = new PoolWorld({ maxQueuedBytes: 3 });
  const pool = world.pool({ processes: 1 });
  const job = world.job(pool);
  job.submit(world.tasks(2));
  const waiting = job.submit(world.tasks(2, 2)) as Wait<null>;
  let error: unknown;
  waiting.onSettled((outcome) => (error = outcome.ok ? null : outcome.error));
  pool.terminate();
  for (const host of world.hosts) host.connect().die();
  await settle();
  assert.equal((error as { codeName: string }).codeName, "BadState");
  assert.deepEqual(job.wait(world.client, 0), { done: 0, failed: 2 });
  assert.deepEqual(world.engine.pools(), []);
});

test("waiting tasks of a higher priority run first, also before those that a worker has prefetched", async () => {
  const world = new PoolWorld();
  const pool = world.pool({ processes: 1 });
  const usual = world.job(pool);
  const urgent = world.job(pool, { priority: 5 });
  const low = world.job(pool, { priority: -1 });
  const order: [string, number][] = [];
  const names = new Map([usual, urgent, low].map((job, i) => [job.handle, ["usual", "urgent", "low"][i]!]));
  low.submit(world.tasks(1));
  usual.submit(world.tasks(8));
  await settle();
  const host = world.hosts[0]!.connect();
  await settle();
  const runOne = async () => {
    const task = host.begin();
    if (!task) return false;
    order.push([names.get(task.job!)!, task.index!]);
    host.succeed(task);
    await settle();
    return true;
  };
  await runOne();
  await runOne();
  assert.ok(host.list.length > 1, "tasks that are known to be short are prefetched");
  urgent.submit(world.tasks(2));
  await settle();
  for (let left = 20; left > 0; left--) await runOne();
  assert.deepEqual(order.slice(0, 4), [
    ["usual", 0],
    ["usual", 1],
    ["urgent", 0],
    ["urgent", 1],
  ]);
  assert.deepEqual(order.at(-1), ["low", 0]);
  assert.equal(order.length, 11);
});

for (const takesBlocks of [true, false]) {
  const who = takesBlocks ? "can open them" : "cannot open them, up to 256 KiB";
  test(`tasks whose payloads are in blocks are prefetched by a worker that ${who}`, async () => {
    const world = new PoolWorld();
    const { client, engine } = world;
    const job = world.job(world.pool({ processes: 1 }));
    const [bytes, count] = [200_000, 5];
    void Memory.create(engine, client, `memory:${client.id}.m`, count * bytes, false, new Uint8Array());
    // A short task first: then the length of tasks is known.
    job.submit(world.tasks(1));
    const host = world.hosts[0]!;
    host.peer.takesBlocks = takesBlocks;
    host.connect();
    await settle();
    host.succeed(host.begin()!);
    await settle();
    const blocks = Array.from({ length: count }, (_, i) => `block:${client.id}.b${i}`);
    job.submit(
      blocks.map((block, i) => {
        Block.create(engine, client, { block, memory: `memory:${client.id}.m`, offset: i * bytes, bytes });
        world.memories[0]!.content.set([0x91, 1], i * bytes);
        return { index: i + 1, items: [engine.registry.get(block, Block), [block]] };
      }),
    );
    await settle();
    const { session } = host.record;
    const held = () => blocks.filter((block) => session!.references.has(block)).length;
    const messages = host.peer.received(workers.run).flatMap(({ tasks }) => tasks);
    assert.equal(held(), takesBlocks ? count : 2, "256 KiB of payload are sent ahead, and references without a limit");
    assert.equal(messages.length, takesBlocks ? 0 : 2, "a packet has room for a reference");
    job.cancel(undefined, 0);
    await settle();
    assert.equal(held(), 0, "what the worker has not begun is taken back with its references");
  });
}
