import assert from "node:assert/strict";
import { test } from "node:test";
import * as events from "../../../../protocol/events.js";
import * as jobs from "../../../../protocol/job.js";
import type { Wait } from "../../../../server/engine/wait.js";
import { settle, type FakeHost } from "../fake-hosts.js";
import { RunWorld, type ReadResult } from "../runs/run-world.js";

/** A run of one chunk with three items, whose worker has begun it. */
async function begun() {
  const world = new RunWorld();
  const run = world.start(3, { processes: 1, chunkSize: 3 });
  world.connectAll();
  await settle();
  const host = world.hosts[0] as FakeHost;
  return { world, run, host, task: host.begin()!, process: host.record.process };
}

const progressOf = (result: ReadResult) => result.entries.map(({ index, progress }) => [index, progress ?? null]);

test("a run's entry has what its running item reported, until the next item reports, or its result comes", async () => {
  const { world, run, host, task, process } = await begun();
  const since = (run.read(world.client, 0, 10, 0) as ReadResult).next;
  const news = run.read(world.client, since, 10, null) as Wait<ReadResult>;
  host.progresses(task, 0.25, "compressing");
  await settle();
  assert.deepEqual(process.describeProcess().progress, { index: 0, fraction: 0.25, text: "compressing" });
  const told = await new Promise<ReadResult>((resolve, reject) =>
    news.onSettled((outcome) => (outcome.ok ? resolve(outcome.value) : reject(outcome.error))),
  );
  assert.deepEqual(progressOf(told), [[0, { fraction: 0.25, text: "compressing" }]]);
  world.clock.advance(100);
  host.progresses(task, 0.5, "", 1);
  const next = run.read(world.client, told.next, 10, 0) as ReadResult;
  assert.deepEqual(progressOf(next), [
    [0, null],
    [1, { fraction: 0.5, text: "" }],
  ]);
  host.succeed(task);
  await settle();
  const last = run.read(world.client, next.next, 10, 0) as ReadResult;
  assert.deepEqual(
    last.entries.map(({ state, progress }) => [state, progress]),
    Array(3).fill(["done", undefined]),
  );
  assert.equal(process.describeProcess().progress, undefined);
});

test("of a flood of reports ten in a second are shown, and the last one always", async () => {
  const { world, run, host, task, process } = await begun();
  const watcher = world.session();
  run.job.watch(watcher);
  world.engine.events.subscribe(watcher, ["process"]);
  for (let i = 1; i <= 1000; i++) {
    host.progresses(task, i / 1000);
    if (i % 10 === 0) world.clock.advance(10);
    await Promise.resolve();
  }
  world.clock.advance(1000);
  await settle();
  const told = watcher.peer.received(jobs.progressed).flatMap(({ items }) => items);
  assert.ok(told.length >= 10 && told.length <= 12, `${told.length} reports in a second`);
  assert.equal(told.at(-1)!.fraction, 1);
  const changes = watcher.peer.received(events.changed).flatMap((message) => message.events);
  assert.ok(changes.length <= 7, `${changes.length} events in two seconds`);
  assert.equal(process.describeProcess().progress?.fraction, 1);
});

test("a report on an item that is over, or on another task, changes nothing", async () => {
  const { host, task, process } = await begun();
  host.progresses(task, 0.5, "", 3);
  host.progresses({ ...task, seq: task.seq + 1 }, 0.5);
  assert.equal(process.describeProcess().progress, undefined);
  host.progresses(task, 0.5);
  host.progresses(task, null);
  host.succeed(task);
  await settle();
  host.progresses(task, 0.75);
  assert.equal(process.describeProcess().progress, undefined);
  assert.equal(host.record.expelledFor, null);
});
