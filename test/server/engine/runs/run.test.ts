import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../../protocol/errors.js";
import * as events from "../../../../protocol/events.js";
import type * as runs from "../../../../protocol/run.js";
import { payloadData } from "../../../../protocol/schema.js";
import { listOfAll } from "../../../../server/engine/payload-list.js";
import type { Wait } from "../../../../server/engine/wait.js";
import { settle } from "../fake-hosts.js";
import { firstHost, RunWorld, type ReadResult } from "./run-world.js";

test("a run goes on when its session has ended, and another session reads all its outcomes", async () => {
  const world = new RunWorld();
  const run = world.start(100, { name: "squares", processes: 2 });
  world.client.end(true);
  const other = world.session();
  assert.equal(world.engine.runs.list()[0]!.state, "running");
  const end = run.wait(other, null) as Wait<runs.RunInfo>;
  await world.runAll();
  assert.ok(end.settled);
  const info = run.describeRun();
  assert.deepEqual(
    [info.name, info.state, info.total, info.done, info.queued, info.running],
    ["squares", "done", 100, 100, 0, 0],
  );
  assert.ok(info.endedAt !== null);
  const { entries, ended } = run.read(other, 0, 1000, null) as ReadResult;
  assert.ok(ended);
  assert.deepEqual(
    entries.map((entry) => entry.index).sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
  assert.ok(
    entries.every(
      (entry) =>
        entry.state === "done" &&
        payloadData(entry.value!)[0] === 1 &&
        entry.pid >= 100 &&
        entry.startedAt !== null &&
        entry.ms !== null,
    ),
  );
  assert.deepEqual(world.engine.pools(), [], "its pool has gone");
});

test("its pool belongs to the server: it is listed, and no other job may use it", async () => {
  const world = new RunWorld();
  const run = world.start(3, { name: "squares" });
  await firstHost(world);
  const info = world.engine.pools()[0]!;
  assert.deepEqual(
    [info.pool, info.name, info.run, info.session],
    [run.describeRun().pool, "squares", run.handle, "server"],
  );
  const worker = world.engine.processes.list(false).find((process) => process.pool === info.pool)!;
  assert.deepEqual([worker.role, worker.session, worker.task?.job], ["worker", "server", run.describeRun().job]);
  assert.throws(() => world.job(run.pool), { codeName: "BadState", message: /is that of run:/ });
  assert.deepEqual(
    [...world.engine.sessions.values()].map((session) => session.describeSession().role),
    ["client", "worker"],
  );
});

test("a reader waits for changes, gets those of one turn together, and an empty answer at its timeout", async () => {
  const world = new RunWorld();
  const run = world.start(3, { processes: 1 });
  const host = await firstHost(world);
  const begun = world.read(run);
  assert.deepEqual(
    begun.entries.map((entry) => [entry.index, entry.state]),
    [[0, "running"]],
  );
  const late = run.read(world.client, begun.next, undefined, 50) as Wait<ReadResult>;
  world.clock.advance(50);
  late.onSettled((outcome) =>
    assert.deepEqual(outcome, { ok: true, value: { entries: [], next: begun.next, ended: false } }),
  );
  assert.ok(late.settled);
  host.succeed(host.begin()!);
  await settle();
  const { next } = world.read(run);
  const waiting = run.read(world.client, next, undefined, null) as Wait<ReadResult>;
  host.succeed(host.begin()!);
  assert.equal(waiting.settled, false, "once a turn");
  await settle();
  waiting.onSettled((outcome) => {
    assert.ok(outcome.ok);
    assert.deepEqual(
      outcome.value.entries.map((entry) => [entry.index, entry.state]),
      [
        [2, "running"],
        [1, "done"],
      ],
    );
  });
  assert.ok(waiting.settled);
});

test("a reader that has gone is forgotten", async () => {
  const world = new RunWorld();
  const run = world.start(1);
  const reader = world.session();
  const wait = run.read(reader, 0, undefined, null) as Wait<ReadResult>;
  reader.end(true);
  assert.ok(wait.settled);
  await world.runAll();
  assert.equal(run.ended, true);
});

test("a slow reader gets each item once, with its latest state, in parts as large as it asks for", async () => {
  const world = new RunWorld();
  const run = world.start(25, { processes: 1 });
  const first = world.read(run, 0, 10);
  assert.deepEqual(first, { entries: [], next: 0, ended: false });
  await world.runAll();
  const seen: number[] = [];
  let next = 0;
  for (let ended = false; !ended;) {
    const result = world.read(run, next, 10);
    assert.ok(result.entries.length <= 10);
    for (const entry of result.entries) {
      assert.equal(entry.state, "done");
      seen.push(entry.index);
    }
    ({ next, ended } = result);
  }
  assert.deepEqual(
    seen.toSorted((a, b) => a - b),
    Array.from({ length: 25 }, (_, i) => i),
  );
});

test("chunks are given to workers together, and their results are taken apart", async () => {
  const world = new RunWorld();
  const run = world.start(10, { processes: 1, chunkSize: 4 });
  const host = await firstHost(world);
  assert.deepEqual(world.states(run), Array(4).fill("running"));
  const sizes: number[] = [];
  for (let task = host.begin(); task; task = host.begin()) {
    sizes.push(task.count);
    world.clock.advance(40);
    host.succeed(task, listOfAll(Array.from({ length: task.count }, (_, i) => new Uint8Array([task!.index! + i]))));
    await settle();
  }
  assert.deepEqual(sizes, [4, 4, 2]);
  const { entries } = world.read(run);
  assert.deepEqual(
    entries.map((entry) => payloadData(entry.value!)[0]),
    entries.map((entry) => entry.index),
  );
  // The items of one chunk run one after the other.
  const [a, b] = entries as [runs.RunEntry, runs.RunEntry];
  assert.deepEqual([a.ms, b.ms, b.startedAt! - a.startedAt!], [10, 10, 10]);
});

test("a run says how many items go to a worker together: what was asked for, and one for commands", () => {
  const world = new RunWorld();
  const sizes = [{}, { chunkSize: 3 }, { chunkSize: 3, target: { command: "true" } }].map(
    (spec) => world.start(0, spec).describeRun().chunkSize,
  );
  assert.deepEqual(sizes, [1, 3, 1]);
});

test("an item that failed is queued for its next try, and counted once", async () => {
  const world = new RunWorld();
  const run = world.start(2, { processes: 1, retries: 1 });
  const host = await firstHost(world);
  host.fail(host.begin()!, "first");
  await settle();
  const [again] = world.read(run).entries.filter((entry) => entry.index === 0);
  assert.deepEqual([again!.state, again!.attempt], ["queued", 2]);
  host.succeed(host.begin()!);
  await settle();
  host.fail(host.begin()!, "second");
  await settle();
  const entry = world.read(run).entries.find(({ index }) => index === 0)!;
  assert.deepEqual([entry.state, entry.attempt, entry.error?.message], ["failed", 2, "second"]);
  assert.deepEqual([run.describeRun().done, run.describeRun().failed], [1, 1]);
});

test("when a worker dies, the item that ran fails, and those that it had not begun are queued again", async () => {
  const world = new RunWorld();
  const run = world.start(6, { processes: 1, chunkSize: 3 });
  const host = await firstHost(world);
  const task = host.begin()!;
  host.record.part({ seq: task.seq, from: 0, count: 1, values: new Uint8Array([0x91, 1]), next: 1 });
  host.die();
  await settle();
  assert.deepEqual(world.states(run).slice(0, 3), ["done", "failed", "queued"]);
  assert.equal(run.describeRun().queued, 4);
  await world.runAll();
  assert.deepEqual(world.states(run), ["done", "failed", "done", "done", "done", "done"]);
  const lost = world.read(run).entries.find((entry) => entry.state === "failed")!;
  assert.equal(errorName(lost.error!.code), "WorkerLost");
  assert.equal(lost.pid, host.pid);
});

test("subscribers get at most ten changes of a run a second, and its end", async () => {
  const world = new RunWorld();
  const watcher = world.session();
  world.engine.events.subscribe(watcher, ["run"]);
  const told = () =>
    watcher.peer
      .received(events.changed)
      .flatMap((message) => message.events)
      .flatMap((event) => (event.topic === "run" ? [event] : []));
  const run = world.start(200, { processes: 1 });
  await world.runAll();
  world.clock.advance(101);
  assert.deepEqual(
    told().map((event) => [event.run.state, event.run.done]),
    [["done", 200]],
  );
  assert.ok(told()[0]!.run.endedAt !== null);
  world.engine.runs.forget(run.handle);
  world.clock.advance(101);
  assert.equal(told().at(-1)!.gone, true);
  const { snapshot } = world.engine.events.subscribe(world.session(), ["run", "session"]);
  assert.deepEqual([snapshot!.runs, snapshot!.sessions.length], [[], 3]);
});

test("with a hundred thousand items, no event and no read looks at all of them", async () => {
  const world = new RunWorld();
  const run = world.start(100_000, { processes: 1, chunkSize: 100 });
  const reader = run.read(world.client, 0, undefined, null) as Wait<ReadResult>;
  await world.runAll();
  assert.ok(reader.settled);
  assert.equal(run.describeRun().done, 100_000);
  let read = 0;
  for (let next = 0; read < 100_000;) {
    const result = world.read(run, next, 1000);
    read += result.entries.length;
    next = result.next;
  }
  assert.equal(read, 100_000);
});
