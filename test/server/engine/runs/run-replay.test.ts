import assert from "node:assert/strict";
import { test } from "node:test";
import { PolyprocError } from "../../../../protocol/errors.js";
import { payloadData } from "../../../../protocol/schema.js";
import { jsonToPayload } from "../../../../protocol/values.js";
import type { Found, Replay, RunCache } from "../../../../server/engine/runs/run-cache.js";
import { settle } from "../fake-hosts.js";
import { firstHost, RunWorld } from "./run-world.js";

/** A cache whose answers the test gives. */
class FakeCache implements RunCache {
  readonly questions: { from: number; count: number; answer: (found: readonly Found[]) => void }[] = [];
  readonly kept: [index: number, outcome: Replay][] = [];
  closed: (() => void) | null = null;

  look(from: number, items: readonly unknown[], answer: (found: readonly Found[]) => void): void {
    this.questions.push({ from, count: items.length, answer });
  }

  keep(index: number, _item: unknown, outcome: Replay): void {
    assert.equal(this.closed, null, "nothing is kept after the end");
    this.kept.push([index, outcome]);
  }

  close(closed: () => void): void {
    assert.equal(this.closed, null, "closed once");
    this.closed = closed;
  }

  /** Answers the first question. */
  answer(of: (index: number) => Found): void {
    const { from, count, answer } = this.questions.shift()!;
    answer(Array.from({ length: count }, (_, i) => of(from + i)));
  }
}

const found = (value: unknown, ms = 7): Replay => ({ value: jsonToPayload(value), ms, lines: [] });
const missed: Found = { why: null };

function cachedWorld() {
  const world = new RunWorld();
  const cache = new FakeCache();
  world.openRunCache = () => cache;
  return { world, cache };
}

test("items that are found get their outcomes without a worker, and the run ends", async () => {
  const { world, cache } = cachedWorld();
  const run = world.start(100, { cache: {}, chunkSize: 10 });
  assert.deepEqual(
    cache.questions.map(({ from, count }) => [from, count]),
    [
      [0, 64],
      [64, 36],
    ],
  );
  cache.answer((index) => ({ ...found(index), lines: [{ stream: "stderr", text: `about ${index}` }] }));
  cache.answer((index) => found(index));
  await settle();
  assert.equal(run.ended, false, "it ends when its outcomes are stored");
  cache.closed!();
  const info = run.describeRun();
  assert.deepEqual([info.state, info.done, info.cached, info.chunkSize, run.ended], ["done", 100, 100, 1, true]);
  assert.deepEqual([world.hosts.length, cache.kept], [0, []]);
  const [first] = world.read(run).entries;
  const { value, ...entry } = first!;
  assert.deepEqual(entry, {
    index: 0,
    chunk: 0,
    state: "done",
    pid: 0,
    attempt: 1,
    startedAt: null,
    ms: 7,
    cached: true,
  });
  assert.deepEqual(payloadData(value!), payloadData(jsonToPayload(0)));
  assert.deepEqual(run.outputOf(1), { lines: [{ stream: "stderr", text: "about 1" }], dropped: 0 });
});

test("other items run, say why, and are kept when they have succeeded", async () => {
  const { world, cache } = cachedWorld();
  const run = world.start(3, { cache: {}, processes: 1 });
  assert.equal(world.hosts.length, 0, "nothing runs before it was looked for");
  cache.answer((index) => (index === 1 ? found("old") : { why: index === 0 ? "a changed" : null }));
  await settle();
  const host = await firstHost(world);
  host.succeed(host.begin()!);
  await settle();
  host.fail(host.begin()!);
  await world.runAll();
  cache.closed!();
  assert.deepEqual(
    cache.kept.map(([index, { lines }]) => [index, lines]),
    [[0, []]],
    "a failure is not kept",
  );
  const { entries } = world.read(run);
  assert.deepEqual(
    entries
      .sort((a, b) => a.index - b.index)
      .map(({ state, cached, notCached, pid }) => [state, cached, notCached, pid > 0]),
    [
      ["done", undefined, "a changed", true],
      ["done", true, undefined, false],
      ["failed", undefined, undefined, true],
    ],
  );
  const { done, failed, cached } = run.describeRun();
  assert.deepEqual([done, failed, cached], [2, 1, 1]);
  const { budget } = world.engine;
  const before = budget.keptBytes;
  world.engine.runs.forget(run.handle);
  assert.ok(before > 0);
  assert.equal(budget.keptBytes, 0, "reasons and outcomes are released");
});

test("an item that is retried is kept once it succeeds", async () => {
  const { world, cache } = cachedWorld();
  world.start(1, { cache: {}, processes: 1, retries: 1 });
  cache.answer(() => missed);
  await settle();
  const host = await firstHost(world);
  host.fail(host.begin()!);
  await settle();
  assert.equal(cache.kept.length, 0);
  host.succeed(host.begin()!);
  await settle();
  assert.deepEqual(
    cache.kept.map(([index]) => index),
    [0],
  );
});

test("output that comes after the outcome is kept at the end", async () => {
  const { world, cache } = cachedWorld();
  world.start(1, { cache: {}, processes: 1 });
  cache.answer(() => missed);
  await settle();
  const host = await firstHost(world);
  const task = host.begin()!;
  host.writes("early\n");
  host.succeed(task);
  await settle();
  const run = world.engine.runs.list()[0]!;
  world.engine.runs.get(run.run).wrote(0, {
    process: "",
    pid: 1,
    stream: "stdout",
    firstLine: 2,
    lineCount: 1,
    bytes: Buffer.from("late\n"),
    partial: false,
    task: null,
  });
  await world.runAll();
  assert.deepEqual(
    cache.kept.map(([, { lines }]) => lines.map(({ text }) => text)),
    [["early"], ["early", "late"]],
  );
});

test("items are cancelled before they were looked for, and answers about them do nothing", async () => {
  const { world, cache } = cachedWorld();
  const run = world.start(200, { cache: {} });
  assert.equal(run.cancel({ indexes: [0, 150] }), 2);
  cache.answer((index) => found(index));
  await settle();
  assert.deepEqual([run.describeRun().cancelled, run.describeRun().done], [2, 63]);
  assert.equal(run.cancel({ waiting: true }), 135);
  assert.equal(run.describeRun().state, "cancelled");
  while (cache.questions.length > 0) cache.answer((index) => found(index));
  await settle();
  cache.closed!();
  const info = run.describeRun();
  assert.deepEqual([info.cancelled, info.done, run.ended, world.hosts.length], [137, 63, true, 0]);
});

test("halt: items that were not looked for are cancelled", async () => {
  const { world, cache } = cachedWorld();
  const run = world.start(200, { cache: {}, processes: 1, halt: { failures: 1 } });
  cache.answer((index) => (index === 0 ? missed : found(index)));
  await settle();
  const host = await firstHost(world);
  host.fail(host.begin()!);
  await world.runAll();
  cache.closed!();
  const { state, done, failed, cancelled } = run.describeRun();
  assert.deepEqual([state, done, failed, cancelled], ["halted", 63, 1, 136]);
});

test("if its pool is terminated, items that wait for an answer are cancelled", async () => {
  const { world, cache } = cachedWorld();
  const run = world.start(100, { cache: {} });
  run.pool.terminate();
  cache.answer(() => missed);
  await settle();
  cache.closed!();
  assert.deepEqual([run.ended, run.describeRun().cancelled], [true, 100]);
});

test("a fault during an answer ends the run, and no other", async () => {
  const { world, cache } = cachedWorld();
  const faults: unknown[] = [];
  world.onFault = (error) => faults.push(error);
  const run = world.start(1, { cache: {} });
  cache.questions[0]!.answer([{ value: null as never, ms: 1, lines: [] }]);
  await settle();
  assert.deepEqual([faults.length, run.ended, run.describeRun().failed], [1, true, 1]);
});

test("a run whose outcomes cannot be kept is refused, and leaves nothing behind", () => {
  const world = new RunWorld();
  world.openRunCache = () => {
    throw new PolyprocError("InvalidParams", "no");
  };
  assert.throws(() => world.start(1, { cache: {} }), { codeName: "InvalidParams" });
  assert.deepEqual([world.engine.runs.list(), world.engine.pools(), world.engine.budget.keptBytes], [[], [], 0]);
});
