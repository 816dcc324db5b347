import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as events from "../../../../protocol/events.js";
import type { PoolInfo } from "../../../../protocol/pool.js";
import { highWaterBytes } from "../../../../server/engine/peer.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { Queue } from "../../../../server/engine/streams/queue.js";
import { processInfo } from "../../../process-info.js";
import type { FakePeer } from "../fake-peer.js";
import { FakeWorld } from "../fake-engine.js";
import { PoolWorld, settle } from "../fake-hosts.js";

function setUp(eventRing = 1000) {
  const world = new FakeWorld({ eventRing });
  return { world, clock: world.clock, log: world.engine.events, registry: world.engine.registry };
}

const processOf = (pid: number) => processInfo(`h.${pid}`, pid);
const poolInfo = (pool: string, done: number): PoolInfo => ({
  pool,
  name: null,
  run: null,
  session: "s1",
  state: "running",
  processes: 2,
  workers: 2,
  busy: 0,
  queued: 0,
  done,
  failed: 0,
});
const received = (peer: FakePeer) => peer.received(events.changed).flatMap((message) => message.events);
const pidsOf = (peer: FakePeer) =>
  received(peer).map((event) => (event.topic === "process" ? event.process.pid : null));

suite("a subscription", () => {
  test("begins with the state of the topics that were asked for", () => {
    const { world, log, registry } = setUp();
    const session = world.session();
    registry.create(session, "lock:@x", Lock, () => new Lock(world.engine, "lock:@x")).acquire(session, "", null);
    const { snapshot, instanceId } = log.subscribe(session, ["sync", "deadlock"]);
    assert.equal(instanceId, "instance-1");
    assert.deepEqual(snapshot?.sync, [
      { handle: "lock:@x", kind: "lock", holders: [session.id], waiters: [], value: 1, limit: null },
    ]);
    assert.equal(log.subscribe(session, ["process"]).snapshot?.sync.length, 0);
  });

  test("brings what happens afterwards, in order, after the answer", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    log.publishProcess(processOf(1));
    const { seq } = log.subscribe(session, ["process"]);
    log.publishProcess(processOf(2));
    log.publishProcess(processOf(3));
    assert.equal(session.peer.sent.length, 0);
    clock.advance(1);
    assert.deepEqual(pidsOf(session.peer), [2, 3]);
    assert.ok(received(session.peer).every((event) => event.seq > seq));
    assert.equal(session.peer.sent.length, 1, "in one message");
  });

  test("brings only its topics", () => {
    const { world, clock, log } = setUp();
    const [one, two] = [world.session(), world.session()];
    log.subscribe(one, ["pool"]);
    log.subscribe(two, ["process", "pool"]);
    log.publishProcess(processOf(1));
    log.publishPool(() => poolInfo("pool:s1.1", 0));
    clock.advance(200);
    assert.deepEqual(
      received(one.peer).map((event) => event.topic),
      ["pool"],
    );
    assert.deepEqual(
      received(two.peer).map((event) => event.topic),
      ["process", "pool"],
    );
  });

  test("is replaced by the next of the same session, and ends with unsubscribe or the session", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    const { peer } = session;
    log.subscribe(session, ["process"]);
    log.subscribe(session, ["pool"]);
    log.publishProcess(processOf(1));
    clock.advance(200);
    assert.equal(peer.sent.length, 0);
    log.subscribe(session, ["process"]);
    log.unsubscribe(session);
    log.publishProcess(processOf(2));
    log.subscribe(session, ["process"]);
    session.end(true);
    log.publishProcess(processOf(3));
    clock.advance(200);
    assert.equal(peer.sent.length, 0);
  });

  test("goes on from sinceSeq without a snapshot, when nothing is missing", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    const { seq, instanceId } = log.subscribe(session, ["process"]);
    log.publishProcess(processOf(1));
    log.publishProcess(processOf(2));
    const later = world.session();
    const resumed = log.subscribe(later, ["process", "deadlock"], seq, instanceId);
    assert.deepEqual(resumed, { instanceId, seq, snapshot: null });
    clock.advance(1);
    assert.deepEqual(pidsOf(later.peer), [1, 2]);
    const first = received(later.peer)[0]!.seq;
    const third = world.session();
    log.subscribe(third, ["process"], first, instanceId);
    clock.advance(1);
    assert.deepEqual(pidsOf(third.peer), [2]);
  });

  test("begins with a snapshot when events are missing, or sinceSeq is another server's or in the future", () => {
    const { world, log } = setUp(2);
    const session = world.session();
    const { seq } = log.subscribe(session, ["process"]);
    for (let pid = 1; pid <= 3; pid++) log.publishProcess(processOf(pid));
    assert.ok(log.subscribe(session, ["process"], seq, "instance-1").snapshot);
    const now = log.subscribe(session, ["process"]).seq;
    assert.ok(log.subscribe(session, ["process"], now, "instance-0").snapshot);
    assert.ok(log.subscribe(session, ["process"], now).snapshot);
    assert.ok(log.subscribe(session, ["process"], now + 1, "instance-1").snapshot);
    assert.equal(log.subscribe(session, ["process"], now, "instance-1").snapshot, null);
  });

  test("begins with a snapshot when the topic had no subscriber in the meantime", () => {
    const { world, log, registry } = setUp();
    const session = world.session();
    const { seq } = log.subscribe(session, ["sync"]);
    log.unsubscribe(session);
    registry.create(session, "lock:@x", Lock, () => new Lock(world.engine, "lock:@x"));
    assert.equal(log.subscribe(session, ["sync"], seq, "instance-1").snapshot?.sync.length, 1);
  });

  test("begins with a snapshot when the last subscriber left before a change was told", () => {
    const { world, log, registry } = setUp();
    const session = world.session();
    const { seq } = log.subscribe(session, ["sync"]);
    registry.create(session, "lock:@x", Lock, () => new Lock(world.engine, "lock:@x"));
    log.unsubscribe(session);
    assert.ok(log.subscribe(session, ["sync"], seq, "instance-1").snapshot);
  });
});

suite("changes of locks and queues", () => {
  test("are sent at a bounded rate for each object, with its last state", () => {
    const { world, clock, log, registry } = setUp();
    const session = world.session();
    log.subscribe(session, ["sync"]);
    const lock = registry.create(session, "lock:@x", Lock, () => new Lock(world.engine, "lock:@x"));
    for (let i = 0; i < 1000; i++) {
      lock.acquire(session, "", null);
      lock.release(session, "");
    }
    lock.acquire(session, "", null);
    clock.advance(60);
    assert.deepEqual(
      received(session.peer).map((event) => event.topic === "sync" && event.sync.value),
      [1],
    );
  });

  test("are all sent in the end, removals too, even if the name is used again", () => {
    const { world, clock, log, registry } = setUp();
    const session = world.session();
    log.subscribe(session, ["sync"]);
    const make = () =>
      registry.create(
        session,
        "queue:@x",
        Queue,
        () => new Queue(world.engine, "queue:@x", { maxSize: 0, joinable: false }),
      );
    make();
    registry.release(session, "queue:@x");
    make().put(session, [new Uint8Array(1)], null);
    clock.advance(60);
    assert.deepEqual(
      received(session.peer).map((event) => event.topic === "sync" && [event.sync.value, event.gone]),
      [
        [0, true],
        [1, undefined],
      ],
    );
  });

  test("cost no timer and no memory without a subscriber", () => {
    const { world, clock, registry } = setUp();
    const session = world.session();
    registry.create(session, "lock:@x", Lock, () => new Lock(world.engine, "lock:@x")).acquire(session, "", null);
    assert.equal(clock.timers, 0);
  });
});

suite("changes of pools and tasks", () => {
  test("are not collected without a subscriber", () => {
    const { log } = setUp();
    const fail = () => assert.fail("there is no subscriber");
    log.publishPool(fail);
    log.publishTask(fail);
  });

  test("of a pool are sent at most every 100 ms, the last state always", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    log.subscribe(session, ["pool"]);
    for (let done = 1; done <= 500; done++) {
      log.publishPool(() => poolInfo("pool:s1.1", done));
      log.publishPool(() => poolInfo("pool:s1.2", done * 10));
      clock.advance(1);
    }
    clock.advance(200);
    const told = received(session.peer).map((event) => (event.topic === "pool" ? event.pool : null));
    assert.ok(told.length <= 12, `${told.length} events`);
    assert.deepEqual(
      told.slice(-2).map((pool) => pool?.done),
      [500, 5000],
    );
  });

  test("of tasks are all sent, many in a message", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    log.subscribe(session, ["task"]);
    for (let index = 0; index < 600; index++)
      log.publishTask(() => ({ job: "job:s1.1", index, count: 1, state: "done", pid: 5, attempt: 1, at: 0 }));
    clock.advance(1);
    assert.deepEqual(
      received(session.peer).map((event) => (event.topic === "task" ? event.task.index : null)),
      Array.from({ length: 600 }, (_, i) => i),
    );
    assert.equal(session.peer.sent.length, 3);
  });
});

suite("the tasks of workers", () => {
  async function busyWorker() {
    const world = new PoolWorld();
    const pool = world.pool({ processes: 1 });
    const job = world.job(pool);
    job.submit(world.tasks(50));
    const host = world.hosts[0]!.connect();
    await settle();
    const runOne = async () => {
      host.succeed(host.begin()!);
      await settle();
    };
    const tasksOf = (peer: FakePeer) =>
      received(peer).flatMap((event) => (event.topic === "process" ? [event.process.task?.index ?? null] : []));
    return { world, clock: world.clock, log: world.engine.events, job, host, runOne, tasksOf };
  }

  test("are sent at most every 250 ms; the last one always, and the end of the last one", async () => {
    const { world, clock, log, host, runOne, tasksOf } = await busyWorker();
    const session = world.session();
    log.subscribe(session, ["process"]);
    for (let i = 0; i < 20; i++) {
      await runOne();
      clock.advance(1);
    }
    assert.deepEqual(tasksOf(session.peer), []);
    clock.advance(230);
    assert.deepEqual(tasksOf(session.peer), [20]);
    const told = received(session.peer)[0];
    assert.ok(told?.topic === "process" && told.process.process === host.record.process.handle);
    assert.deepEqual([told.process.source, told.process.cwd], [{ file: "/tasks.js", export: "work" }, "/server"]);
    for (let i = 0; i < 30; i++) await runOne();
    clock.advance(250);
    assert.deepEqual(tasksOf(session.peer), [20, null]);
  });

  test("cost no timer and no memory without a subscriber to processes", async () => {
    const { clock, log, runOne, world } = await busyWorker();
    log.subscribe(world.session(), ["pool", "sync"]);
    clock.advance(1000);
    const before = clock.timers;
    log.taskChanged(world.hosts[0]!.record.process);
    assert.equal(clock.timers, before);
    await runOne();
  });

  test("are sent to a subscriber that returns with sinceSeq, even if there was none in between", async () => {
    const { world, clock, log, runOne, tasksOf } = await busyWorker();
    const first = world.session();
    const { seq, instanceId } = log.subscribe(first, ["process"]);
    log.unsubscribe(first);
    await runOne();
    const second = world.session();
    assert.equal(log.subscribe(second, ["process"], seq, instanceId).snapshot, null);
    clock.advance(250);
    assert.deepEqual(tasksOf(second.peer), [1]);
  });

  test("are not sent after the worker's end", async () => {
    const { world, clock, log, host, runOne } = await busyWorker();
    const session = world.session();
    log.subscribe(session, ["process"]);
    await runOne();
    host.die();
    clock.advance(1000);
    const states = received(session.peer).flatMap((event) =>
      event.topic === "process" && event.process.process === host.record.process.handle ? [event.process.state] : [],
    );
    assert.deepEqual(states, ["exited"]);
  });
});

suite("a subscriber that does not read", () => {
  test("is sent nothing until it has read, then what it missed", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    log.subscribe(session, ["process"]);
    session.peer.backlog = highWaterBytes;
    log.publishProcess(processOf(1));
    clock.advance(1);
    log.publishProcess(processOf(2));
    clock.advance(1);
    assert.equal(session.peer.sent.length, 0);
    session.peer.drain();
    assert.deepEqual(pidsOf(session.peer), [1, 2]);
  });

  test("gets a snapshot if it missed more than the log keeps, then the changes after it", () => {
    const { world, clock, log, registry } = setUp(10);
    const session = world.session();
    log.subscribe(session, ["process", "sync"]);
    session.peer.backlog = highWaterBytes;
    registry.create(session, "lock:@x", Lock, () => new Lock(world.engine, "lock:@x"));
    for (let pid = 0; pid < 50; pid++) log.publishProcess(processOf(pid));
    clock.advance(100);
    session.peer.drain();
    const [reset] = session.peer.received(events.reset);
    assert.equal(reset?.snapshot.sync.length, 1);
    assert.equal(received(session.peer).length, 0);
    log.publishProcess(processOf(99));
    clock.advance(1);
    assert.deepEqual(pidsOf(session.peer), [99]);
    assert.ok(received(session.peer)[0]!.seq > reset!.snapshot.seq);
  });

  test("does not delay other subscribers", () => {
    const { world, clock, log } = setUp();
    const [stuck, other] = [world.session(), world.session()];
    log.subscribe(stuck, ["process"]);
    log.subscribe(other, ["process"]);
    stuck.peer.backlog = highWaterBytes;
    log.publishProcess(processOf(1));
    clock.advance(1);
    assert.deepEqual(pidsOf(other.peer), [1]);
  });

  test("is forgotten when it ends before it has read", () => {
    const { world, clock, log } = setUp();
    const session = world.session();
    const { peer } = session;
    log.subscribe(session, ["process"]);
    peer.backlog = highWaterBytes;
    log.publishProcess(processOf(1));
    clock.advance(1);
    session.end(true);
    peer.drain();
    assert.equal(peer.sent.length, 0);
  });
});
