import assert from "node:assert/strict";
import { test } from "node:test";
import * as events from "../../../../protocol/events.js";
import { eventsHandlers } from "../../../../server/handlers/events.js";
import { highWaterBytes } from "../../../../server/engine/peer.js";
import type { FakePeer } from "../fake-peer.js";
import { settle, type FakeHost } from "../fake-hosts.js";
import { RunWorld } from "../runs/run-world.js";

/** Two runs of one client with a worker each, both in the middle of an item, and another client that may watch. */
async function twoRuns() {
  const world = new RunWorld();
  const runs = [world.start(1, { processes: 1 }), world.start(1, { processes: 1 })] as const;
  world.connectAll();
  await settle();
  const [one, two] = world.hosts as [FakeHost, FakeHost];
  one.begin();
  two.begin();
  return { world, runs, one, two, owner: world.client, watcher: world.session() };
}

const told = (peer: FakePeer) => peer.received(events.output).flatMap(({ lines }) => lines.map(({ text }) => text));

test("with `run` only that run's lines come, each with its item", async () => {
  const { world, runs, one, two, watcher } = await twoRuns();
  world.engine.output.watch(watcher, "all", false, runs[1].pool.handle);
  one.writes("of the other\n");
  two.writes("mine\n");
  two.writes("mine, too\n", "stderr");
  await settle();
  assert.deepEqual(told(watcher.peer), ["mine", "mine, too"]);
  const lines = watcher.peer.received(events.output).flatMap((message) => message.lines);
  assert.deepEqual(
    lines.map(({ task, process }) => [task?.index, process]),
    [
      [0, two.record.process.handle],
      [0, two.record.process.handle],
    ],
  );
});

test("a lossless watcher of one run makes only that run's children wait, until it has read", async () => {
  const { world, runs, one, two, owner: watcher } = await twoRuns();
  world.engine.output.watch(watcher, "all", true, runs[1].pool.handle);
  watcher.peer.backlog = highWaterBytes + 1;
  one.writes("a\n");
  two.writes("b\n");
  assert.deepEqual([one.paused, two.paused], [false, true]);
  watcher.peer.drain();
  await settle();
  assert.deepEqual([two.paused, told(watcher.peer)], [false, ["b"]]);
});

test("another call replaces the watch; null, or the session's end, ends it", async () => {
  const { world, runs, one, two, owner: watcher } = await twoRuns();
  const { output } = world.engine;
  const { peer } = watcher;
  output.watch(watcher, "all", true, runs[0].pool.handle);
  peer.backlog = highWaterBytes + 1;
  one.writes("1\n");
  assert.ok(one.paused);
  output.watch(watcher, "all", false, runs[1].pool.handle);
  assert.ok(!one.paused, "no watcher blocks it any more");
  await settle();
  peer.backlog = 0;
  peer.sent.length = 0;
  one.writes("2\n");
  two.writes("3\n");
  await settle();
  assert.deepEqual(told(peer), ["3"]);
  output.watch(watcher, null, false);
  two.writes("4\n");
  output.watch(watcher, "all", true);
  peer.backlog = highWaterBytes + 1;
  two.writes("5\n");
  assert.ok(two.paused);
  watcher.end(true);
  await settle();
  assert.ok(!two.paused);
  two.writes("6\n");
  await settle();
  assert.deepEqual(told(peer), ["3"]);
});

/** The child writes ten lines while the watcher does not read, then one more. */
async function loseTen(watcher: { peer: FakePeer }, child: FakeHost): Promise<void> {
  watcher.peer.backlog = highWaterBytes + 1;
  for (let i = 0; i < 10; i++) child.writes(`${i}\n`);
  assert.ok(!child.paused);
  watcher.peer.drain();
  child.writes("10\n");
  await settle();
}

test("a watcher that does not read does not block other clients' children: it loses lines, counted", async () => {
  const { world, runs, two, watcher } = await twoRuns();
  world.engine.output.watch(watcher, "all", true, runs[1].pool.handle);
  await loseTen(watcher, two);
  assert.equal(
    watcher.peer.received(events.output).reduce((sum, { dropped }) => sum + dropped, 0),
    10,
  );
  assert.deepEqual(told(watcher.peer), ["10"]);
});

test("the output that a paused child had already written is bounded, too", async () => {
  const { world, two, owner } = await twoRuns();
  world.engine.output.watch(owner, "all", true);
  owner.peer.backlog = highWaterBytes + world.engine.options.limits.maxMessageBytes + 1;
  for (let i = 0; i < 10; i++) two.writes(`${i}\n`);
  await settle();
  assert.deepEqual(told(owner.peer), []);
  owner.peer.drain();
  assert.deepEqual(owner.peer.received(events.output), [{ lines: [], dropped: 10 }]);
});

test("a slow watcher that is not lossless loses lines, blocks no child, and learns how many", async () => {
  const { world, two, watcher } = await twoRuns();
  world.engine.output.watch(watcher, "all", false);
  await loseTen(watcher, two);
  assert.deepEqual(
    watcher.peer.received(events.output).map(({ lines, dropped }) => [lines.map(({ text }) => text), dropped]),
    [
      [[], 10],
      [["10"], 0],
    ],
  );
});

test("an unknown run cannot be watched", async () => {
  const { world, runs, watcher } = await twoRuns();
  const handler = eventsHandlers.find(({ message }) => message === events.watchOutput)!;
  const watch = (run: string) =>
    handler.handle({ engine: world.engine, session: watcher } as never, { scope: "all", run } as never);
  assert.equal(watch(runs[0].handle), null);
  assert.throws(() => watch("run:s9.9"), { codeName: "UnknownHandle" });
});
