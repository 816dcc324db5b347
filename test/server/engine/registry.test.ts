import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Payload } from "../../../protocol/schema.js";
import { EventFlag } from "../../../server/engine/sync/event.js";
import { Lock } from "../../../server/engine/sync/lock.js";
import { Queue } from "../../../server/engine/streams/queue.js";
import type { SharedObject } from "../../../server/engine/registry.js";
import type { Session } from "../../../server/engine/session.js";
import { FakeWorld } from "./fake-engine.js";

function setUp() {
  const world = new FakeWorld();
  const { registry } = world.engine;
  const [a, b] = [world.session(), world.session()];
  const flag = (session: Session, handle: string) =>
    registry.create(session, handle, EventFlag, () => new EventFlag(world.engine, handle));
  const queue = (session: Session, handle: string) =>
    registry.create(session, handle, Queue, () => new Queue(world.engine, handle, { maxSize: 0, joinable: false }));
  return { world, registry, a, b, flag, queue };
}

const holding = (...handles: string[]): Payload => [new Uint8Array(1), handles];

suite("a handle", () => {
  test("is minted under the session's own prefix", () => {
    const { registry, a, b, flag } = setUp();
    flag(a, "event:s1.1");
    assert.throws(() => flag(b, "event:s1.2"), { codeName: "InvalidParams" });
    assert.throws(() => flag(a, "event:s11.2"), { codeName: "InvalidParams" });
    assert.ok(registry.has("event:s1.1"));
  });

  test("is minted once", () => {
    const { a, flag } = setUp();
    flag(a, "event:s1.1");
    assert.throws(() => flag(a, "event:s1.1"), { codeName: "BadState" });
  });

  test("that is unknown fails with the possible reasons", () => {
    const { registry } = setUp();
    assert.throws(() => registry.get("lock:s1.1", Lock), { codeName: "UnknownHandle", message: /restarted/ });
  });

  test("of another kind is refused", () => {
    const { registry, a, flag } = setUp();
    flag(a, "event:s1.1");
    assert.throws(() => registry.get("event:s1.1", Lock), { codeName: "InvalidParams" });
  });
});

suite("a named object", () => {
  test("is one object for all sessions that create it, and lives until the last of them releases it", () => {
    const { registry, a, b, flag } = setUp();
    assert.equal(flag(a, "event:@x"), flag(b, "event:@x"));
    a.end(true);
    assert.ok(registry.has("event:@x"));
    b.end(false);
    assert.ok(!registry.has("event:@x"));
  });

  test("has to be released as often as it was created", () => {
    const { registry, a, flag } = setUp();
    flag(a, "event:@x");
    flag(a, "event:@x");
    registry.release(a, "event:@x");
    assert.ok(registry.has("event:@x"));
    registry.release(a, "event:@x");
    assert.ok(!registry.has("event:@x"));
  });

  test("is a new object after its last holder has released it", () => {
    const { registry, a, flag } = setUp();
    flag(a, "event:@x").set();
    registry.release(a, "event:@x");
    assert.equal(flag(a, "event:@x").status().set, false);
  });
});

suite("references", () => {
  test("cannot be released by a session that has none", () => {
    const { registry, a, b, flag } = setUp();
    flag(a, "event:s1.1");
    registry.release(b, "event:s1.1");
    assert.ok(registry.has("event:s1.1"));
  });

  test("of an object call onChange when it is created and when it goes", () => {
    const { registry, a, flag } = setUp();
    const told: string[] = [];
    registry.onChange = (object, gone) => told.push(`${object.handle} ${gone ? "gone" : "here"}`);
    flag(a, "event:s1.1");
    a.end(true);
    assert.deepEqual(told, ["event:s1.1 here", "event:s1.1 gone"]);
  });

  test("of two queues that hold each other end with the last reference from outside", () => {
    const { registry, a, b, queue } = setUp();
    const [one, two] = [queue(a, "queue:s1.1"), queue(a, "queue:s1.2")];
    one.put(a, [holding(two.handle)], null);
    two.put(a, [holding(one.handle), holding(one.handle)], null);
    registry.retain(b, two.handle);
    a.end(true);
    assert.equal(registry.size, 2, "b can still read two, and so reach one");
    registry.release(b, two.handle);
    assert.equal(registry.size, 0);
  });

  test("of a queue that holds itself end when it is dropped from the queue that held it", () => {
    const { registry, a, b, queue } = setUp();
    const [outer, inner] = [queue(b, "queue:s2.1"), queue(a, "queue:s1.1")];
    inner.put(a, [holding(inner.handle)], null);
    outer.put(a, [holding(inner.handle)], null);
    a.end(true);
    assert.equal(registry.size, 2);
    b.end(true);
    assert.equal(registry.size, 0);
  });

  test("of a long chain of queues end without a deep stack", () => {
    const { registry, a, queue } = setUp();
    const length = 50_000;
    for (let i = length; i > 0; i--) {
      const link = queue(a, `queue:s1.${i}`);
      if (i < length) link.put(a, [holding(`queue:s1.${i + 1}`)], null);
    }
    for (let i = length; i > 1; i--) registry.release(a, `queue:s1.${i}`);
    assert.equal(registry.size, length);
    registry.release(a, "queue:s1.1");
    assert.equal(registry.size, 0);
  });

  test("that are pinned outlive their session", () => {
    const { registry, a, flag } = setUp();
    const object: SharedObject = flag(a, "event:s1.1");
    registry.pin(object.handle);
    a.end(true);
    assert.ok(registry.has(object.handle));
    registry.unpin(object.handle);
    assert.ok(!registry.has(object.handle));
  });
});
