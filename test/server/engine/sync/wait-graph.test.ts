import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as events from "../../../../protocol/events.js";
import { Condition } from "../../../../server/engine/sync/condition.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { Semaphore } from "../../../../server/engine/sync/semaphore.js";
import type { Session } from "../../../../server/engine/session.js";
import { Wait, type Waitable } from "../../../../server/engine/wait.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

function setUp() {
  const world = new FakeWorld();
  const { engine, clock } = world;
  const watcher = world.session();
  engine.events.subscribe(watcher, ["deadlock"]);
  const [a, b, c] = [world.session(), world.session(), world.session()];
  const lock = (name: string) =>
    engine.registry.create(watcher, `lock:@${name}`, Lock, () => new Lock(engine, `lock:@${name}`));
  const acquire = (on: Lock | Semaphore, session: Session, timeoutMs?: number, owner = "") =>
    ask(() => on.acquire(session, owner, timeoutMs));
  const permits = (session: Session, count: number) =>
    engine.registry.create(
      session,
      "semaphore:@s",
      Semaphore,
      () => new Semaphore(engine, "semaphore:@s", count, false),
    );
  const told = () =>
    watcher.peer
      .received(events.changed)
      .flatMap((message) => message.events)
      .map((event) =>
        event.topic === "deadlock"
          ? `${event.deadlock.deadlock} ${event.resolved ? "resolved" : "found"}`
          : event.topic,
      );
  return {
    world,
    engine,
    clock,
    graph: engine.waitGraph,
    a,
    b,
    c,
    x: lock("x"),
    y: lock("y"),
    z: lock("z"),
    acquire,
    permits,
    told,
  };
}

/** Session a holds x and waits for y; b holds y and waits for x. */
function embrace(set: ReturnType<typeof setUp>) {
  const { a, b, x, y, acquire } = set;
  acquire(x, a);
  acquire(y, b);
  return [acquire(y, a), acquire(x, b)] as const;
}

suite("a deadlock of two", () => {
  test("is reported once, within a second, with holders and waiters", () => {
    const set = setUp();
    const { clock, graph, a, b, told } = set;
    embrace(set);
    assert.deepEqual(graph.list(), []);
    clock.advance(1000);
    assert.deepEqual(told(), ["d1 found"]);
    assert.deepEqual(
      graph.list().map((deadlock) => deadlock.cycle),
      [
        [
          { session: a.id, owner: "", pid: null, name: `client ${a.id}`, waitsFor: "lock:@y", holds: ["lock:@x"] },
          { session: b.id, owner: "", pid: null, name: `client ${b.id}`, waitsFor: "lock:@x", holds: ["lock:@y"] },
        ],
      ],
    );
    clock.advance(10_000);
    assert.deepEqual(told(), ["d1 found"]);
  });

  test("is broken by failing the wait that began last", () => {
    const set = setUp();
    const { clock, graph, b, told } = set;
    const [first, second] = embrace(set);
    clock.advance(1000);
    assert.deepEqual(graph.break("d1"), { session: b.id, waitsFor: "lock:@x" });
    assert.equal(second.failure, "Deadlock");
    assert.deepEqual(second.error.data, { deadlock: "d1" });
    assert.ok(first.open);
    set.y.release(b, "");
    assert.ok(first.value.acquired);
    clock.advance(1000);
    assert.deepEqual(told(), ["d1 found", "d1 resolved"]);
    assert.deepEqual(graph.list(), []);
  });

  test("is broken by failing the wait of the named session", () => {
    const set = setUp();
    const { clock, graph, a } = set;
    const [first, second] = embrace(set);
    clock.advance(1000);
    graph.break("d1", a.id);
    assert.deepEqual([first.failure, second.open], ["Deadlock", true]);
  });

  test("cannot be broken if it does not exist, or if the named session is not part of it", () => {
    const set = setUp();
    embrace(set);
    assert.throws(() => set.graph.break("d1"), { codeName: "BadState" });
    set.clock.advance(1000);
    assert.throws(() => set.graph.break("d1", set.c.id), { codeName: "BadState", message: /s2, s3/ });
  });

  test("is resolved when one of its sessions dies", () => {
    const set = setUp();
    const [, second] = embrace(set);
    set.clock.advance(1000);
    set.a.end(true);
    assert.deepEqual(second.value, { acquired: true, ownerDied: true });
    set.clock.advance(1000);
    assert.deepEqual(set.told(), ["d1 found", "d1 resolved"]);
  });

  test("is resolved when a third session releases one of the locks, even if another waiter gets it", () => {
    const set = setUp();
    const { clock, graph, a, b, c, x, y, acquire } = set;
    acquire(x, a);
    acquire(y, b);
    const outsider = acquire(x, c);
    acquire(y, a);
    acquire(x, b);
    clock.advance(1000);
    assert.equal(graph.list().length, 1);
    x.release(c, "");
    assert.ok(outsider.value.acquired);
    clock.advance(1000);
    assert.deepEqual(set.told(), ["d1 found", "d1 resolved"]);
  });

  test("is not reported when it resolves itself: a wait has a timeout, or ends soon", () => {
    const set = setUp();
    const { clock, a, b, x, y, acquire, told } = set;
    acquire(x, a);
    acquire(y, b);
    acquire(y, a, 60_000);
    const passing = acquire(x, b);
    clock.advance(1000);
    assert.deepEqual(told(), []);
    passing.cancel();
    clock.advance(60_000);
    acquire(y, a);
    const short = acquire(x, b);
    clock.advance(50);
    short.cancel();
    clock.advance(1000);
    assert.deepEqual(told(), []);
  });
});

suite("deadlocks", () => {
  test("of three are reported in the order of the cycle", () => {
    const { clock, graph, a, b, c, x, y, z, acquire } = setUp();
    acquire(x, a);
    acquire(y, b);
    acquire(z, c);
    acquire(z, b);
    acquire(y, a);
    acquire(x, c);
    clock.advance(1000);
    const [deadlock] = graph.list();
    const waits = deadlock?.cycle.map((party) => party.waitsFor) ?? [];
    const holds = deadlock?.cycle.map((party) => party.holds[0]) ?? [];
    assert.deepEqual([...holds.slice(1), holds[0]], waits);
    assert.equal(new Set(waits).size, 3);
  });

  test("do not contain parties that merely wait behind them", () => {
    const set = setUp();
    embrace(set);
    set.acquire(set.x, set.c);
    set.clock.advance(1000);
    assert.deepEqual(
      set.graph.list().map((deadlock) => deadlock.cycle.length),
      [2],
    );
  });

  test("that exist side by side are each reported", () => {
    const { world, clock, graph, a, b, c, x, y, z, acquire } = setUp();
    const d = world.session();
    const w = world.engine.registry.create(d, "lock:@w", Lock, () => new Lock(world.engine, "lock:@w"));
    acquire(x, a);
    acquire(y, b);
    acquire(z, c);
    acquire(w, d);
    acquire(y, a);
    acquire(w, c);
    acquire(x, b);
    acquire(z, d);
    clock.advance(1000);
    assert.deepEqual(
      graph.list().map((deadlock) => deadlock.deadlock),
      ["d1", "d2"],
    );
  });

  test("of a party with itself are reported when it has a name", () => {
    const { clock, graph, a, x, acquire } = setUp();
    acquire(x, a, undefined, "thread 1");
    acquire(x, a, undefined, "thread 1");
    clock.advance(1000);
    assert.deepEqual(
      graph.list().map((deadlock) => deadlock.cycle.map((party) => party.owner)),
      [["thread 1"]],
    );
  });

  test("are not reported for requests of one session that run side by side", () => {
    const { clock, graph, a, x, acquire } = setUp();
    acquire(x, a);
    acquire(x, a);
    clock.advance(1000);
    assert.deepEqual(graph.list(), []);
  });

  test("are not reported for what a session acquired while it waited for something else", () => {
    const { clock, graph, a, b, x, y, acquire } = setUp();
    acquire(y, b);
    acquire(y, a);
    acquire(x, a);
    acquire(x, b);
    clock.advance(1000);
    assert.deepEqual(graph.list(), [], "a goes on beside its wait for y, and may release x");
  });

  test("between two threads of one session are reported", () => {
    const { clock, graph, a, x, y, acquire } = setUp();
    acquire(x, a, undefined, "1");
    acquire(y, a, undefined, "2");
    acquire(y, a, undefined, "1");
    acquire(x, a, undefined, "2");
    clock.advance(1000);
    assert.equal(graph.list().length, 1);
  });

  test("need every holder of a semaphore to be stuck", () => {
    const { clock, graph, a, b, c, x, acquire, permits } = setUp();
    const semaphore = permits(a, 2);
    acquire(semaphore, a);
    acquire(semaphore, b);
    acquire(x, c);
    acquire(semaphore, c);
    acquire(x, a);
    clock.advance(1000);
    assert.deepEqual(graph.list(), [], "b is free to release its permit");
    acquire(x, b);
    clock.advance(1000);
    assert.equal(graph.list().length, 1);
  });

  test("are not reported where a semaphore is used as a signal", () => {
    const { world, clock, graph, a, b, x, acquire } = setUp();
    const signal = world.engine.registry.create(
      a,
      "semaphore:@s",
      Semaphore,
      () => new Semaphore(world.engine, "semaphore:@s", 1, false),
    );
    acquire(signal, a);
    signal.release(b, "", 1);
    acquire(signal, a);
    acquire(x, b);
    acquire(x, a);
    acquire(signal, b);
    clock.advance(1000);
    assert.deepEqual(graph.list(), []);
  });

  test("with a join of a process are reported", () => {
    const { world, clock, graph, a, b, x, acquire } = setUp();
    const child: Waitable = { handle: "process:s2.1", holders: () => [{ session: b, owner: "" }] };
    acquire(x, a);
    const joining = ask(() => new Wait<null>(a, { resource: child }));
    acquire(x, b);
    clock.advance(1000);
    assert.deepEqual(
      graph.list()[0]?.cycle.map((party) => [party.waitsFor, party.holds]),
      [
        ["process:s2.1", ["lock:@x"]],
        ["lock:@x", ["process:s2.1"]],
      ],
    );
    graph.break("d1", a.id);
    assert.equal(joining.failure, "Deadlock");
    assert.equal(world.engine.waitGraph.list().length, 0);
  });

  test("that block a condition's waiter can be broken: it gets Deadlock, and not the lock", () => {
    const { world, clock, graph, a, b, x, y, acquire } = setUp();
    const condition = world.engine.registry.create(
      a,
      "condition:@c",
      Condition,
      () => new Condition(world.engine, "condition:@c", x),
    );
    acquire(y, a);
    acquire(x, a);
    const waiting = ask(() => condition.wait(a, "", null));
    acquire(x, b);
    condition.notify(b, "", 1);
    acquire(y, b);
    clock.advance(1000);
    assert.equal(graph.list().length, 1);
    graph.break("d1", a.id);
    assert.equal(waiting.failure, "Deadlock");
    assert.equal(x.status().holder, b.id);
  });

  test("that remain after one is broken are found", () => {
    const { clock, graph, a, b, c, x, y, z, acquire, told } = setUp();
    acquire(x, a);
    acquire(y, b);
    acquire(z, b);
    acquire(y, a);
    acquire(x, b);
    clock.advance(1000);
    const other = acquire(z, c);
    graph.break("d1", b.id);
    acquire(x, b);
    clock.advance(1000);
    assert.ok(other.open);
    assert.deepEqual(told(), ["d1 found", "d1 resolved", "d2 found"]);
  });

  test("that remain when a session shuts down without releasing its permit are found, though no new wait began", () => {
    const { clock, graph, a, b, c, x, y, acquire, permits, told } = setUp();
    const semaphore = permits(c, 2);
    acquire(semaphore, a);
    acquire(semaphore, b);
    acquire(x, c);
    acquire(y, c);
    acquire(semaphore, c);
    acquire(x, a);
    acquire(y, b);
    clock.advance(1000);
    a.end(false);
    clock.advance(1000);
    assert.deepEqual(told(), ["d1 found", "d1 resolved", "d2 found"]);
    assert.deepEqual(
      graph
        .list()[0]
        ?.cycle.map((party) => party.session)
        .sort(),
      [b.id, c.id],
    );
  });

  test("need no timer while there are no waits, or while all waits have been searched", () => {
    const { clock, a, b, x, acquire } = setUp();
    acquire(x, a);
    assert.equal(clock.timers, 0);
    acquire(x, b);
    assert.equal(clock.timers, 1);
    clock.advance(1000);
    assert.equal(clock.timers, 0);
  });

  test("among ten thousand waits are found quickly", () => {
    const { world, clock, graph } = setUp();
    const { engine } = world;
    const before = process.cpuUsage();
    const n = 10_000;
    const parties = Array.from({ length: n }, () => world.session());
    const locks = parties.map((session, i) =>
      engine.registry.create(session, `lock:@${i}`, Lock, () => new Lock(engine, `lock:@${i}`)),
    );
    parties.forEach((session, i) => locks[i]?.acquire(session, "", null));
    for (let i = n - 1; i > 0; i--) locks[i - 1]?.acquire(parties[i]!, "", null);
    clock.advance(1000);
    assert.deepEqual(graph.list(), [], "a chain is no cycle");
    locks[n - 1]?.acquire(parties[0]!, "", null);
    clock.advance(1000);
    assert.equal(graph.list()[0]?.cycle.length, n);
    // A search that looks at each wait for each other one takes minutes.
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 5_000_000);
  });
});
