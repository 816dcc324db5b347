import assert from "node:assert/strict";
import { test } from "node:test";
import { errorName } from "../../../protocol/errors.js";
import * as events from "../../../protocol/events.js";
import type { Result } from "../../../protocol/message.js";
import type * as runs from "../../../protocol/run.js";
import { payloadData, type Payload } from "../../../protocol/schema.js";
import { jsonToPayload } from "../../../protocol/values.js";
import * as workers from "../../../protocol/worker.js";
import { Lock } from "../../../server/engine/lock.js";
import { listOfAll } from "../../../server/engine/payload-list.js";
import type { Run, RunSpec } from "../../../server/engine/run.js";
import type { Session } from "../../../server/engine/session.js";
import { Wait } from "../../../server/engine/wait.js";
import { PoolWorld, settle, type FakeHost } from "./fake-hosts.js";

type ReadResult = Result<typeof runs.read>;

class RunWorld extends PoolWorld {
  #runs = 1;

  start(count: number, spec: Partial<RunSpec> = {}): Run {
    const run = spec.run ?? `run:${this.client.id}.${this.#runs++}`;
    const items = Array.from({ length: count }, () => new Uint8Array([1]));
    this.engine.runs.start(this.client, { run, target: { module: "/tasks.js", export: "work" }, items, ...spec });
    return this.engine.runs.get(run);
  }

  /** What there is to read now. */
  read(run: Run, since = 0, limit?: number): ReadResult {
    return run.read(this.client, since, limit, 0) as ReadResult;
  }

  states(run: Run): string[] {
    const states: string[] = [];
    for (const entry of this.read(run, 0, 10_000).entries) states[entry.index] = entry.state;
    return states;
  }

  /** Lets the hosts run all that they get, and end when they are told to. */
  async runAll(): Promise<void> {
    for (let progress = true; progress;) {
      progress = false;
      for (const host of this.hosts) {
        if (host.record.isOver) continue;
        if (!host.record.isReady) host.connect();
        await settle();
        for (let task = host.begin(); task; task = host.begin()) {
          host.succeed(task);
          progress = true;
          await settle();
        }
        if (host.peer.received(workers.exit).length === 0) continue;
        host.die({ exitCode: 0, signal: null });
        progress = true;
        await settle();
      }
    }
  }
}

/** The first worker, ready. */
async function firstHost(world: RunWorld): Promise<FakeHost> {
  const host = world.hosts[0]!.connect();
  await settle();
  return host;
}

test("a run goes on when the session that started it has gone, and any other reads its outcomes to the end", async () => {
  const world = new RunWorld();
  const run = world.start(100, { name: "squares", processes: 2 });
  world.client.end(true);
  const other = world.session();
  assert.equal(world.engine.runs.list()[0]!.state, "running");
  const end = run.wait(other, null) as Wait<runs.RunInfo>;
  await world.runAll();
  assert.ok(end.settled);
  const info = run.describeRun();
  assert.deepEqual([info.name, info.state, info.total, info.done, info.queued, info.running], ["squares", "done", 100, 100, 0, 0]);
  assert.ok(info.endedAt !== null);
  const { entries, ended } = run.read(other, 0, 1000, null) as ReadResult;
  assert.ok(ended);
  assert.deepEqual(entries.map((entry) => entry.index).sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.ok(entries.every((entry) => entry.state === "done" && payloadData(entry.value!)[0] === 1 && entry.pid >= 100 && entry.startedAt !== null && entry.ms !== null));
  assert.deepEqual(world.engine.pools(), [], "its pool has gone");
});

test("its pool belongs to the server: its workers are there to see, and no other job may use it", async () => {
  const world = new RunWorld();
  const run = world.start(3, { name: "squares" });
  await firstHost(world);
  const info = world.engine.pools()[0]!;
  assert.deepEqual([info.pool, info.name, info.run, info.session], [run.describeRun().pool, "squares", run.handle, "server"]);
  const worker = world.engine.processes.list(false).find((process) => process.pool === info.pool)!;
  assert.deepEqual([worker.role, worker.session, worker.task?.job], ["worker", "server", run.describeRun().job]);
  assert.throws(() => world.job(run.pool), { codeName: "BadState", message: /is that of run:/ });
  assert.deepEqual([...world.engine.sessions.values()].map((session) => session.describeSession().role), ["client", "worker"]);
});

test("a reader waits for news, gets what came in one turn at once, and an empty answer when its time has passed", async () => {
  const world = new RunWorld();
  const run = world.start(3, { processes: 1 });
  const host = await firstHost(world);
  const begun = world.read(run);
  assert.deepEqual(begun.entries.map((entry) => [entry.index, entry.state]), [[0, "running"]]);
  const late = run.read(world.client, begun.next, undefined, 50) as Wait<ReadResult>;
  world.clock.advance(50);
  late.onSettled((outcome) => assert.deepEqual(outcome, { ok: true, value: { entries: [], next: begun.next, ended: false } }));
  assert.ok(late.settled);
  const waiting = run.read(world.client, begun.next, undefined, null) as Wait<ReadResult>;
  host.succeed(host.begin()!);
  assert.equal(waiting.settled, false, "once a turn");
  await settle();
  waiting.onSettled((outcome) => {
    assert.ok(outcome.ok);
    assert.deepEqual(outcome.value.entries.map((entry) => [entry.index, entry.state]), [[1, "running"], [0, "done"]]);
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
  assert.deepEqual(seen.toSorted((a, b) => a - b), Array.from({ length: 25 }, (_, i) => i));
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
  assert.deepEqual(entries.map((entry) => payloadData(entry.value!)[0]), entries.map((entry) => entry.index));
  // Of one chunk, one after the other.
  const [a, b] = entries as [runs.RunEntry, runs.RunEntry];
  assert.deepEqual([a.ms, b.ms, b.startedAt! - a.startedAt!], [10, 10, 10]);
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

test("three workers in a row that die before they are ready fail what waits, and the run ends", async () => {
  const world = new RunWorld();
  const run = world.start(5, { processes: 1 });
  for (let i = 0; i < 3; i++) {
    world.hosts[i]!.record.spawned(world.hosts[i]!.pid);
    world.hosts[i]!.die({ exitCode: 1, signal: null });
    await settle();
  }
  assert.equal(world.hosts.length, 3);
  assert.deepEqual([run.ended, run.describeRun().state, run.describeRun().failed], [true, "done", 5]);
  assert.deepEqual(world.read(run).entries.map((entry) => [entry.startedAt, entry.pid > 0]), Array(5).fill([null, false]));
});

test("halt: at the n-th failure nothing more begins, another try neither; what runs is left to end", async () => {
  const world = new RunWorld();
  const run = world.start(20, { processes: 2, retries: 0, halt: { failures: 2 } });
  world.connectAll();
  await settle();
  const [one, two] = world.hosts as [FakeHost, FakeHost];
  one.fail(one.begin()!);
  await settle();
  const running = two.begin()!;
  one.fail(one.begin()!);
  assert.equal(run.describeRun().state, "halted", "at once");
  await settle();
  assert.equal(one.begin(), null);
  assert.deepEqual(two.peer.received(workers.cancel), []);
  two.succeed(running);
  await settle();
  assert.equal(two.begin(), null);
  await world.runAll();
  const info = run.describeRun();
  assert.deepEqual([info.state, info.failed, info.done, info.cancelled], ["halted", 2, 1, 17]);
  assert.ok(run.ended);
});

test("halt with now: what runs is asked to stop, and killed after its grace", async () => {
  const world = new RunWorld();
  const run = world.start(5, { processes: 2, graceMs: 30, halt: { failures: 1, now: true } });
  world.connectAll();
  await settle();
  const [one, two] = world.hosts as [FakeHost, FakeHost];
  two.begin();
  one.fail(one.begin()!);
  await settle();
  assert.deepEqual(two.peer.received(workers.cancel).map((cancel) => cancel.reason), ["Cancelled"]);
  world.clock.advance(30);
  assert.deepEqual(two.signals, ["SIGKILL"]);
  two.die();
  await world.runAll();
  assert.deepEqual([run.describeRun().state, run.describeRun().cancelled], ["halted", 4]);
});

test("cancel of what waits takes exactly those that no worker has begun", async () => {
  const world = new RunWorld();
  const run = world.start(50, { processes: 1, retries: 3 });
  const host = await firstHost(world);
  for (let i = 0; i < 3; i++) {
    host.succeed(host.begin()!);
    await settle();
  }
  assert.ok(host.list.length > 1, "tasks were sent ahead");
  const running = host.begin()!;
  assert.equal(run.cancel({ waiting: true }), 46);
  assert.equal(run.describeRun().state, "cancelled");
  assert.deepEqual(host.peer.received(workers.cancel), []);
  assert.equal(host.begin(), null);
  // Not tried again: no more was wanted.
  host.fail(running);
  await world.runAll();
  const info = run.describeRun();
  assert.deepEqual([info.done, info.failed, info.cancelled, run.ended], [3, 1, 46, true]);
});

test("cancel of all stops what runs, too, and the run ends when its workers have gone", async () => {
  const world = new RunWorld();
  const run = world.start(10, { processes: 1, graceMs: 100 });
  const host = await firstHost(world);
  host.begin();
  assert.equal(run.cancel({}), 10);
  assert.equal(run.describeRun().cancelled, 9);
  world.clock.advance(100);
  assert.deepEqual(host.signals, ["SIGKILL"]);
  await settle();
  assert.equal(run.ended, false);
  host.die();
  await settle();
  assert.deepEqual([run.ended, run.describeRun().state, run.describeRun().cancelled], [true, "cancelled", 10]);
  assert.equal(run.cancel({}), 0);
  assert.equal(run.describeRun().state, "cancelled");
});

test("cancel of some items takes their chunks, and the run goes on with the others", async () => {
  const world = new RunWorld();
  const run = world.start(10, { processes: 1, chunkSize: 2 });
  await firstHost(world);
  assert.equal(run.cancel({ indexes: [5, 4, 9, 400] }), 4);
  await world.runAll();
  assert.deepEqual([run.describeRun().state, run.describeRun().done, run.describeRun().cancelled], ["done", 6, 4]);
  assert.deepEqual(world.states(run).flatMap((state, index) => (state === "cancelled" ? [index] : [])), [4, 5, 8, 9]);
});

test("results beyond maxResultBytes go, the oldest first; their items stay, and failures keep what they are", async () => {
  const world = new RunWorld();
  const big = jsonToPayload("x".repeat(1000));
  const run = world.start(5, { processes: 1, maxResultBytes: 2500 });
  const host = await firstHost(world);
  const task = host.begin()!;
  host.record.result({ seq: task.seq, from: 0, count: 1, error: { code: 1012, message: "m".repeat(600), data: { name: "TaskFailed", stdout: "y".repeat(500) } } });
  await settle();
  assert.equal(world.read(run).entries.find(({ index }) => index === 0)!.error!.data!["stdout"], "y".repeat(500));
  for (let next = host.begin(); next; next = host.begin()) {
    host.succeed(next, listOfAll([big]));
    await settle();
  }
  const entries = world.read(run).entries.toSorted((a, b) => a.index - b.index);
  assert.deepEqual(entries.map((entry) => [entry.state, "value" in entry]), [["failed", false], ["done", false], ["done", false], ["done", true], ["done", true]]);
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

test("handles in items and results live as long as the run remembers them", async () => {
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
  const reader = world.session() as Session;
  const { entries } = run.read(reader, 0, 10, 0) as ReadResult;
  assert.deepEqual(entries.map((entry) => [entry.index, Array.isArray(entry.value)]), [[0, false], [1, true]]);
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
  assert.deepEqual(run.outputOf(0), { lines: [{ stream: "stdout", text: "one" }, { stream: "stdout", text: "tw" }], dropped: 0 });
  assert.deepEqual(run.outputOf(1), run.outputOf(0));
  assert.deepEqual(run.outputOf(3).lines.map((line) => line.text), ["three"]);
});

test("a run without items ends at once, and starts no worker", async () => {
  const world = new RunWorld();
  const run = world.start(0);
  await settle();
  assert.deepEqual([run.ended, run.describeRun().state, world.hosts.length], [true, "done", 0]);
  assert.deepEqual(world.read(run), { entries: [], next: 0, ended: true });
});

test("when somebody terminates its pool, what is left is cancelled, and the run ends", async () => {
  const world = new RunWorld();
  const run = world.start(3, { processes: 1 });
  const host = await firstHost(world);
  host.begin();
  run.pool.terminate();
  host.die();
  await settle();
  assert.deepEqual([run.ended, run.describeRun().state, run.describeRun().cancelled], [true, "cancelled", 3]);
});

test("a result that is no list of the right length fails its items, not the server", async () => {
  const world = new RunWorld();
  const run = world.start(2, { processes: 1, chunkSize: 2 });
  const host = await firstHost(world);
  host.succeed(host.begin()!, new Uint8Array([0x91, 1]));
  await settle();
  assert.deepEqual(world.read(run).entries.map((entry) => [entry.state, errorName(entry.error!.code)]), Array(2).fill(["failed", "InternalError"]));
});

test("subscribers are told of a run at most ten times a second, and of its end", async () => {
  const world = new RunWorld();
  const watcher = world.session();
  world.engine.events.subscribe(watcher, ["run"]);
  const told = () => watcher.peer.received(events.changed).flatMap((message) => message.events).flatMap((event) => (event.topic === "run" ? [event] : []));
  const run = world.start(200, { processes: 1 });
  await world.runAll();
  world.clock.advance(101);
  assert.deepEqual(told().map((event) => [event.run.state, event.run.done]), [["done", 200]]);
  assert.ok(told()[0]!.run.endedAt !== null);
  world.engine.runs.forget(run.handle);
  world.clock.advance(101);
  assert.equal(told().at(-1)!.gone, true);
  const { snapshot } = world.engine.events.subscribe(world.session(), ["run", "session"]);
  assert.deepEqual([snapshot!.runs, snapshot!.sessions.length], [[], 3]);
});

test("a hundred thousand items cost what they cost: no event and no read looks at all of them", async () => {
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
