import assert from "node:assert/strict";
import { test } from "node:test";
import { Barrier } from "../../../../server/engine/sync/barrier.js";
import { Condition } from "../../../../server/engine/sync/condition.js";
import { EventFlag } from "../../../../server/engine/sync/event.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { Queue } from "../../../../server/engine/streams/queue.js";
import { whyWaiting } from "../../../../server/engine/watch/why-waiting.js";
import { PolyprocError } from "../../../../protocol/errors.js";
import type { SharedObject } from "../../../../server/engine/registry.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

function setUp() {
  const world = new FakeWorld();
  const { engine, clock } = world;
  const [a, b, c] = [world.session(), world.session(), world.session()];
  [a, b, c].forEach((session, i) => (session.clientPid = 71 + i));
  const shared = { joinable: false, maxSize: 1 };
  const queue = engine.registry.create(a, `queue:${a.id}.1`, Queue, () => new Queue(engine, `queue:${a.id}.1`, shared));
  const know = (...sessions: Session[]) => {
    for (const session of sessions) engine.registry.retain(session, queue.handle);
  };
  const why = (session: Session) => whyWaiting(engine).find((wait) => wait.session === session.id);
  return { world, engine, clock, graph: engine.waitGraph, a, b, c, queue, know, why };
}

test("a wait for a lock tells its holder, and since when it holds the lock", () => {
  const { engine, clock, a, b, why } = setUp();
  const lock = engine.registry.create(a, "lock:@db", Lock, () => new Lock(engine, "lock:@db"));
  ask(() => lock.acquire(a, "", null));
  clock.advance(2000);
  ask(() => lock.acquire(b, "", null));
  assert.equal(why(b), undefined, "a wait that has just begun");
  clock.advance(10_000);
  const { text, by, since, endless, reason } = why(b)!;
  assert.equal(text, "waits 10 s for lock db, held by pid 71 for 12 s");
  assert.deepEqual([by[0]!.session, by[0]!.since, since], [a.id, 1_700_000_000_000, 1_700_000_002_000]);
  assert.deepEqual([endless, reason], [true, "held"]);
});

test("every kind of wait tells its reason, and which other sessions can end it", () => {
  const { engine, clock, a, b, c, queue, know, why } = setUp();
  know(b);
  const make = <T extends SharedObject>(object: T): T => {
    engine.registry.create(a, object.handle, object.constructor as new () => T, () => object);
    return object;
  };
  const lock = make(new Lock(engine, "lock:@l"));
  const condition = make(new Condition(engine, "condition:@c", lock));
  const event = make(new EventFlag(engine, "event:@e"));
  const options = { parties: 3, hasAction: false, timeoutMs: null };
  const barrier = make(new Barrier(engine, "barrier:@b", options));
  const text = (begin: () => void, session: Session) => {
    begin();
    clock.advance(1000);
    const found = why(session)!.text;
    for (const wait of [...session.waits]) wait.cancel(new PolyprocError("Cancelled", "over"));
    return found;
  };
  assert.equal(
    text(() => ask(() => queue.get(b, 1, null)), b),
    `waits 1 s for an item of queue ${a.id}.1; pid 71 can send one`,
  );
  ask(() => queue.put(a, [Uint8Array.of(1)], null));
  assert.equal(
    text(() => ask(() => queue.put(b, [Uint8Array.of(2)], null)), b),
    `waits 1 s for room in queue ${a.id}.1; pid 71 can take items`,
  );
  assert.equal(
    text(() => ask(() => event.wait(c, null)), c),
    "waits 1 s for event e to be set; pid 71 can set it",
  );
  assert.equal(
    text(() => ask(() => barrier.wait(c, null)), c),
    "waits 1 s for the other parties of barrier b; pid 71 can arrive",
  );
  ask(() => lock.acquire(c, "", null));
  assert.equal(
    text(() => ask(() => condition.wait(c, "", null)), c),
    "waits 1 s for a notification of condition c; pid 71 can notify it",
  );
});

test("a get that only dead producers could end is reported like a deadlock, and can be broken", () => {
  const { clock, graph, a, b, queue, know, why } = setUp();
  know(b);
  const get = ask(() => queue.get(a, 1, null));
  clock.advance(60_000);
  assert.deepEqual(graph.list(), [], "the producer lives");
  b.end(true);
  clock.advance(5000);
  const [{ deadlock, cycle, reason }, ...others] = graph.list() as [ReturnType<typeof graph.list>[number]];
  assert.deepEqual(others, []);
  assert.deepEqual(
    cycle.map(({ session, waitsFor, holds }) => ({ session, waitsFor, holds })),
    [{ session: a.id, waitsFor: queue.handle, holds: [] }],
  );
  assert.equal(
    reason,
    `every other process that could use queue ${a.id}.1 has ended or released it, and this one waits`,
  );
  assert.equal(why(a)!.deadlock, deadlock);
  graph.break(deadlock);
  assert.equal(get.error.codeName, "Deadlock");
  assert.deepEqual(graph.list(), []);
});

test("a report goes away when another session can end the wait", () => {
  const { clock, graph, a, b, c, queue, know } = setUp();
  know(b);
  b.end(false);
  const get = ask(() => queue.get(a, 1, null));
  clock.advance(5000);
  assert.equal(graph.list().length, 1);
  know(c);
  clock.advance(1000);
  assert.deepEqual(graph.list(), []);
  ask(() => queue.put(c, [Uint8Array.of(1)], null));
  assert.equal(get.open, false);
});

test("a wait is not hopeless while it has a timeout, a name, a new owner, a child, or no session has left", () => {
  const { engine, clock, graph, a, b, c, queue, know } = setUp();
  ask(() => queue.get(a, 1, null));
  clock.advance(10_000);
  assert.deepEqual(graph.list(), [], "no other session has ever reached it");
  know(b, c);
  b.end(true);
  clock.advance(10_000);
  assert.deepEqual(graph.list(), [], "another session can put");
  // The other one waits with a timeout, so it will be there to put.
  ask(() => queue.get(c, 1, 100_000));
  clock.advance(10_000);
  assert.deepEqual(graph.list(), []);
  const named = engine.registry.create(a, "event:@go", EventFlag, () => new EventFlag(engine, "event:@go"));
  engine.registry.retain(c, named.handle);
  ask(() => named.wait(a, null));
  a.children.add({} as never);
  c.end(true);
  clock.advance(10_000);
  assert.deepEqual(graph.list(), [], "any client can set a named event; the child may get the queue");
  a.children.clear();
  clock.advance(10_000);
  assert.deepEqual(
    graph.list().map(({ cycle }) => cycle.map(({ waitsFor }) => waitsFor)),
    [[queue.handle]],
  );
});
