import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../../protocol/errors.js";
import type { Payload } from "../../../../protocol/schema.js";
import { jsonToPayload } from "../../../../protocol/values.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { listOfAll } from "../../../../server/engine/payload-list.js";
import { settle } from "../fake-hosts.js";
import { firstHost, RunWorld, type ReadResult } from "./run-world.js";

test("results beyond maxResultBytes are dropped, oldest first; items and failures stay", async () => {
  const world = new RunWorld();
  const big = jsonToPayload("x".repeat(1000));
  const run = world.start(5, { processes: 1, maxResultBytes: 2700 });
  const host = await firstHost(world);
  const task = host.begin()!;
  host.record.result({
    seq: task.seq,
    from: 0,
    count: 1,
    error: { code: 1012, message: "m".repeat(600), data: { name: "TaskFailed", stdout: "y".repeat(500) } },
  });
  await settle();
  assert.equal(world.read(run).entries.find(({ index }) => index === 0)!.error!.data!["stdout"], "y".repeat(500));
  for (let next = host.begin(); next; next = host.begin()) {
    host.succeed(next, listOfAll([big]));
    await settle();
  }
  const entries = world.read(run).entries.toSorted((a, b) => a.index - b.index);
  assert.deepEqual(
    entries.map((entry) => [entry.state, "value" in entry]),
    [
      ["failed", false],
      ["done", false],
      ["done", false],
      ["done", true],
      ["done", true],
    ],
  );
  assert.deepEqual(entries[0]!.error, { code: 1012, message: "m".repeat(500), data: { name: "TaskFailed" } });
});

test("one answer holds about a megabyte, and one entry at least", async () => {
  const world = new RunWorld();
  const run = world.start(5, { processes: 1 });
  const host = await firstHost(world);
  const big: Payload = jsonToPayload("x".repeat(700_000));
  for (let task = host.begin(); task; task = host.begin()) {
    host.succeed(task, listOfAll([big]));
    await settle();
  }
  const sizes: number[] = [];
  for (let next = 0; ;) {
    const result = world.read(run, next);
    if (result.entries.length === 0) break;
    sizes.push(result.entries.length);
    next = result.next;
  }
  assert.deepEqual(sizes, [1, 1, 1, 1, 1]);
});

test("objects in items and results live as long as the run keeps them", async () => {
  const world = new RunWorld();
  const { registry } = world.engine;
  const lock = `lock:${world.client.id}.90`;
  registry.create(world.client, lock, Lock, () => new Lock(world.engine, lock));
  const withLock = jsonToPayload({ $handle: lock });
  const run = world.start(0, { items: [withLock, new Uint8Array([1])], processes: 1, chunkSize: 2 });
  world.client.end(true);
  assert.ok(registry.has(lock));
  const host = await firstHost(world);
  host.succeed(host.begin()!, listOfAll([new Uint8Array([1]), withLock]));
  await world.runAll();
  assert.ok(run.ended && registry.has(lock));
  const reader = world.session();
  const { entries } = run.read(reader, 0, 10, 0) as ReadResult;
  assert.deepEqual(
    entries.map((entry) => [entry.index, Array.isArray(entry.value)]),
    [
      [0, false],
      [1, true],
    ],
  );
  world.engine.runs.forget(run.handle);
  assert.ok(registry.has(lock), "the reader has it now");
  reader.end(false);
  assert.equal(registry.has(lock), false);
  assert.equal(registry.size, 0);
});

test("output is kept by item; items of one chunk share it", async () => {
  const world = new RunWorld();
  const run = world.start(4, { processes: 1, chunkSize: 2 });
  const host = await firstHost(world);
  const write = (text: string) => world.engine.output.feed(host.record.process, "stdout", Buffer.from(text));
  const first = host.begin()!;
  write("one\ntw");
  host.succeed(first);
  await settle();
  host.begin();
  write("three\n");
  assert.deepEqual(run.outputOf(0), {
    lines: [
      { stream: "stdout", text: "one" },
      { stream: "stdout", text: "tw" },
    ],
    dropped: 0,
  });
  assert.deepEqual(run.outputOf(1), run.outputOf(0));
  assert.deepEqual(
    run.outputOf(3).lines.map((line) => line.text),
    ["three"],
  );
});

test("a result that is no list of the right length ends the worker that sent it", async () => {
  const world = new RunWorld();
  const run = world.start(2, { processes: 1, chunkSize: 2 });
  const host = await firstHost(world);
  host.succeed(host.begin()!, new Uint8Array([0x91, 1]));
  await settle();
  assert.deepEqual(host.signals, ["SIGKILL"]);
  assert.match(
    host.peer.closedWith!.message,
    /does not follow the protocol: its values for task 0 are a list of 1 instead of a list of 2/,
  );
  host.die();
  await settle();
  const [first] = world.read(run).entries.filter((entry) => entry.index === 0);
  assert.deepEqual([first!.state, errorName(first!.error!.code)], ["failed", "WorkerLost"]);
  assert.match(first!.error!.message, /broke the protocol/);
  await world.runAll();
  assert.equal(run.describeRun().done, 1);
});
