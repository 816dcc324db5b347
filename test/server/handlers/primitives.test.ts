import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as events from "../../../protocol/events.js";
import { FakeWorld } from "../engine/fake-engine.js";
import { PoolWorld } from "../engine/fake-hosts.js";
import { Caller } from "./caller.js";

function setUp() {
  const world = new FakeWorld();
  return { world, a: new Caller(world), b: new Caller(world) };
}

suite("requests about locks and the like", () => {
  test("have Python's defaults", () => {
    const { a } = setUp();
    a.result("semaphore/create", { semaphore: "semaphore:s1.1" });
    assert.deepEqual(a.result("semaphore/status", { semaphore: "semaphore:s1.1" }), {
      value: 1,
      waiters: 0,
      holders: [],
    });
    a.result("queue/create", { queue: "queue:s1.2" });
    assert.equal((a.result("queue/status", { queue: "queue:s1.2" }) as { maxSize: number }).maxSize, 0);
    a.result("lock/create", { lock: "rlock:s1.3" });
    a.result("condition/create", { condition: "condition:s1.4", lock: "rlock:s1.3" });
    assert.deepEqual(a.result("lock/acquire", { lock: "rlock:s1.3" }), { acquired: true, ownerDied: false });
    assert.deepEqual(a.result("condition/notify", { condition: "condition:s1.4" }), { notified: 0 });
    a.result("barrier/create", { barrier: "barrier:s1.5", parties: 1 });
    assert.deepEqual(a.result("barrier/wait", { barrier: "barrier:s1.5" }), { index: 0, runAction: false });
    a.result("event/create", { event: "event:s1.6" });
    assert.deepEqual(a.result("event/wait", { event: "event:s1.6", timeoutMs: 0 }), { set: false });
  });

  test("that are cast are answered with the next message, but an error and a task that waits for room are not", () => {
    const a = new Caller(new PoolWorld({ maxQueuedBytes: 3 }));
    const [pool, job, lock] = [`pool:${a.session}.1`, `job:${a.session}.2`, `lock:${a.session}.3`];
    a.result("pool/create", { pool, processes: 1 });
    a.result("job/create", { job, pool, target: { module: "/tasks.js", export: "work" }, mode: "map" });
    const submit = (to: string, index: number) =>
      a.call("job/submit", { job: to, cast: true, tasks: [{ index, items: new Uint8Array([0x91, 1]) }] });
    const first = submit(job, 0);
    assert.deepEqual([first.open, first.result, first.mayWait], [false, null, true]);
    const unknown = submit("job:@none", 0);
    assert.deepEqual([unknown.error?.codeName, unknown.mayWait], ["UnknownHandle", false]);
    submit(job, 1);
    assert.equal(submit(job, 2).open, true, "three bytes are waiting already");
    a.result("lock/create", { lock });
    a.result("lock/acquire", { lock });
    assert.equal(a.call("lock/release", { lock, cast: true }).mayWait, true);
    assert.equal(a.call("lock/release", { lock, cast: true }).mayWait, false);
  });

  test("reach one object by its name, and are cancelled by their id", () => {
    const { a, b } = setUp();
    for (const caller of [a, b]) caller.result("lock/create", { lock: "lock:@build" });
    a.result("lock/acquire", { lock: "lock:@build" });
    const waiting = b.call("lock/acquire", { lock: "lock:@build" });
    b.notify("$/cancelRequest", { id: waiting.id });
    assert.equal(waiting.error?.codeName, "RequestCancelled");
    const again = b.call("lock/acquire", { lock: "lock:@build" });
    a.drop();
    assert.deepEqual(again.result, { acquired: true, ownerDied: true });
  });

  test("refuse a condition that exists over another lock", () => {
    const { a, b } = setUp();
    for (const caller of [a, b]) {
      caller.result("lock/create", { lock: "lock:@one" });
      caller.result("lock/create", { lock: "lock:@two" });
    }
    a.result("condition/create", { condition: "condition:@c", lock: "lock:@one" });
    assert.equal(
      b.call("condition/create", { condition: "condition:@c", lock: "lock:@two" }).error?.codeName,
      "BadState",
    );
    b.result("condition/create", { condition: "condition:@c", lock: "lock:@one" });
  });

  test("refuse handles of another kind, and an invalid timeoutMs", () => {
    const { a } = setUp();
    assert.equal(a.call("lock/create", { lock: "queue:s1.1" }).error?.codeName, "InvalidParams");
    assert.equal(a.call("lock/acquire", { lock: "lock:s1.1", timeoutMs: -1 }).error?.codeName, "InvalidParams");
    assert.equal(a.call("lock/acquire", { lock: "lock:s1.1" }).error?.codeName, "UnknownHandle");
  });
});

suite("requests about pipes", () => {
  test("make two ends, the first of which only receives when the pipe is not duplex", () => {
    const { a } = setUp();
    a.result("pipe/create", { first: "pipe:s1.1", second: "pipe:s1.2", duplex: false });
    assert.equal(a.call("pipe/send", { end: "pipe:s1.1", item: new Uint8Array(1) }).error?.codeName, "BadState");
    a.result("pipe/send", { end: "pipe:s1.2", item: Uint8Array.of(7) });
    assert.deepEqual(a.result("pipe/recv", { end: "pipe:s1.1" }), { item: Uint8Array.of(7) });
  });

  test("close an end for this session, so that the other end sees the end of file", () => {
    const { a } = setUp();
    a.result("pipe/create", { first: "pipe:s1.1", second: "pipe:s1.2" });
    const waiting = a.call("pipe/recv", { end: "pipe:s1.1" });
    a.result("pipe/close", { end: "pipe:s1.2" });
    assert.equal(waiting.error?.codeName, "EndOfFile");
    assert.equal(a.call("pipe/close", { end: "pipe:s1.2" }).error, null, "twice does no harm");
  });

  test("change nothing when one of the two handles cannot be used", () => {
    const { a, b } = setUp();
    assert.equal(a.call("pipe/create", { first: "pipe:s1.1", second: "pipe:s1.1" }).error?.codeName, "InvalidParams");
    assert.equal(a.call("pipe/create", { first: "pipe:s1.1", second: "pipe:s9.1" }).error?.codeName, "InvalidParams");
    assert.deepEqual(a.result("handle/exists", { handle: "pipe:s1.1" }), { exists: false });
    a.result("pipe/create", { first: "pipe:s1.1", second: "pipe:@x" });
    assert.equal(b.call("pipe/create", { first: "pipe:s2.1", second: "pipe:@x" }).error?.codeName, "BadState");
    assert.deepEqual(b.result("handle/exists", { handle: "pipe:s2.1" }), { exists: false });
  });

  test("share a pipe whose two ends have names", () => {
    const { a, b } = setUp();
    for (const caller of [a, b]) caller.result("pipe/create", { first: "pipe:@in", second: "pipe:@out" });
    a.result("pipe/send", { end: "pipe:@out", item: Uint8Array.of(1) });
    assert.deepEqual(b.result("pipe/wait", { handles: ["pipe:@in", "pipe:@out"] }), { ready: ["pipe:@in"] });
    assert.deepEqual(b.result("pipe/recv", { end: "pipe:@in" }), { item: Uint8Array.of(1) });
  });

  test("wait only for what the session holds and can read", () => {
    const { a, b } = setUp();
    a.result("pipe/create", { first: "pipe:s1.1", second: "pipe:s1.2", duplex: false });
    assert.equal(b.call("pipe/wait", { handles: ["pipe:s1.1"] }).error?.codeName, "Closed");
    assert.equal(a.call("pipe/wait", { handles: ["pipe:s1.2"] }).error?.codeName, "BadState");
    assert.equal(a.call("pipe/wait", { handles: ["process:s1.9"] }).error?.codeName, "UnknownHandle");
  });
});

suite("requests about handles", () => {
  test("take and drop references, one for each time", () => {
    const { a, b } = setUp();
    a.result("event/create", { event: "event:s1.1" });
    b.result("handle/retain", { handle: "event:s1.1" });
    b.result("handle/retain", { handle: "event:s1.1" });
    a.notify("handle/release", { handles: ["event:s1.1", "event:s1.1", "lock:@unknown"] });
    assert.deepEqual(b.result("handle/exists", { handle: "event:s1.1" }), { exists: true });
    b.notify("handle/release", { handles: ["event:s1.1"] });
    assert.deepEqual(b.result("handle/exists", { handle: "event:s1.1" }), { exists: true });
    b.notify("handle/release", { handles: ["event:s1.1"] });
    assert.deepEqual(b.result("handle/exists", { handle: "event:s1.1" }), { exists: false });
    assert.equal(b.call("handle/retain", { handle: "event:s1.1" }).error?.codeName, "UnknownHandle");
  });
});

suite("requests about events", () => {
  test("tell of a deadlock, list it, and break it", () => {
    const { world, a, b } = setUp();
    const watcher = new Caller(world);
    watcher.result("events/subscribe", { topics: ["deadlock"] });
    for (const caller of [a, b]) for (const lock of ["lock:@x", "lock:@y"]) caller.result("lock/create", { lock });
    a.result("lock/acquire", { lock: "lock:@x" });
    b.result("lock/acquire", { lock: "lock:@y" });
    const first = a.call("lock/acquire", { lock: "lock:@y" });
    const second = b.call("lock/acquire", { lock: "lock:@x" });
    world.clock.advance(1000);
    const [found] = watcher.peer.received(events.changed).flatMap((message) => message.events);
    assert.equal(found?.topic, "deadlock");
    const { deadlocks } = watcher.result("deadlock/list", {}) as { deadlocks: { deadlock: string }[] };
    assert.deepEqual(watcher.result("deadlock/break", { deadlock: deadlocks[0]?.deadlock }), {
      session: b.session,
      waitsFor: "lock:@x",
    });
    assert.equal(second.error?.codeName, "Deadlock");
    assert.ok(first.open);
  });

  test("list every object of synchronisation", () => {
    const { a } = setUp();
    a.result("queue/create", { queue: "queue:s1.1", maxSize: 3 });
    assert.deepEqual(a.result("events/sync", {}), {
      sync: [{ handle: "queue:s1.1", kind: "queue", holders: [], waiters: [], value: 0, limit: 3 }],
    });
  });

  test("begin and end a subscription", () => {
    const { world, a } = setUp();
    const { snapshot } = a.result("events/subscribe", { topics: ["sync"] }) as { snapshot: { sync: unknown[] } };
    assert.deepEqual(snapshot.sync, []);
    a.result("events/unsubscribe", {});
    a.result("event/create", { event: "event:s1.1" });
    world.clock.advance(100);
    assert.equal(a.peer.sent.length, 0);
  });
});
