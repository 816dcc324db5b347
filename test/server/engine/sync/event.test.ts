import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { EventFlag } from "../../../../server/engine/sync/event.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

function setUp() {
  const world = new FakeWorld();
  const [a, b] = [world.session(), world.session()];
  const event = world.engine.registry.create(a, "event:@it", EventFlag, () => new EventFlag(world.engine, "event:@it"));
  world.engine.registry.retain(b, "event:@it");
  return { world, event, a, b };
}

suite("an event", () => {
  test("begins unset, and answers all waiters when it is set", () => {
    const { event, a, b } = setUp();
    const waiting = [ask(() => event.wait(a, null)), ask(() => event.wait(b, null)), ask(() => event.wait(b, 1000))];
    assert.deepEqual(event.status(), { set: false, waiters: 3 });
    event.set();
    assert.deepEqual(
      waiting.map((probe) => probe.value),
      [{ set: true }, { set: true }, { set: true }],
    );
    assert.deepEqual(event.status(), { set: true, waiters: 0 });
  });

  test("does not block while it is set, and blocks again after clear", () => {
    const { event, a } = setUp();
    event.set();
    event.set();
    assert.deepEqual(ask(() => event.wait(a, null)).value, { set: true });
    event.clear();
    assert.ok(ask(() => event.wait(a, null)).open);
  });

  test("answers its waiters even when it is cleared at once", () => {
    const { event, a } = setUp();
    const waiting = ask(() => event.wait(a, null));
    event.set();
    event.clear();
    assert.deepEqual(waiting.value, { set: true });
  });

  test("answers with its state when timeoutMs is 0", () => {
    const { event, a } = setUp();
    assert.deepEqual(ask(() => event.wait(a, 0)).value, { set: false });
    event.set();
    assert.deepEqual(ask(() => event.wait(a, 0)).value, { set: true });
  });

  test("answers false after timeoutMs", () => {
    const { world, event, a } = setUp();
    const waiting = ask(() => event.wait(a, 20));
    world.clock.advance(20);
    assert.deepEqual(waiting.value, { set: false });
    assert.equal(event.status().waiters, 0);
  });

  test("forgets cancelled waits and those of ended sessions", () => {
    const { event, a, b } = setUp();
    const [cancelled, ended] = [ask(() => event.wait(a, null)), ask(() => event.wait(b, null))];
    cancelled.cancel();
    b.end(true);
    assert.deepEqual(
      [cancelled.failure, ended.failure, event.status().waiters],
      ["RequestCancelled", "RequestCancelled", 0],
    );
  });

  test("fails its waiters when every session has released it", () => {
    const { world, event, a, b } = setUp();
    const waiting = ask(() => event.wait(a, null));
    for (const session of [a, b]) world.engine.registry.release(session, event.handle);
    assert.equal(waiting.failure, "UnknownHandle");
  });
});
