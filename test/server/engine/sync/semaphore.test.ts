import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Semaphore } from "../../../../server/engine/sync/semaphore.js";
import type { FakeWorld } from "../fake-engine.js";
import { contenders, got, inherited, notGot } from "./contenders.js";

function setUp(value = 1, bounded = false) {
  const handle = "semaphore:@it";
  const make = ({ engine }: FakeWorld) => new Semaphore(engine, handle, value, bounded);
  const { shared: semaphore, ...rest } = contenders(handle, Semaphore, make);
  return { semaphore, ...rest };
}

suite("a semaphore", () => {
  test("can be acquired as many times as it has permits", () => {
    const { semaphore, a, b, c, acquire } = setUp(2);
    assert.deepEqual([acquire(a).value, acquire(b).value], [got, got]);
    assert.deepEqual(acquire(c, 0).value, notGot);
    assert.deepEqual(semaphore.status(), { value: 0, waiters: 0, holders: [a.id, b.id] });
  });

  test("gives permits to its waiters first come first served", () => {
    const { semaphore, a, b, c, acquire } = setUp(1);
    acquire(a);
    const [second, third] = [acquire(b), acquire(c)];
    semaphore.release(a, "", 1);
    assert.deepEqual(second.value, got);
    assert.ok(third.open);
    assert.equal(semaphore.status().value, 0);
  });

  test("answers as many waiters as permits are released at once", () => {
    const { semaphore, a, b, c, acquire } = setUp(0);
    const waiting = [acquire(b), acquire(c), acquire(b)];
    semaphore.release(a, "", 2);
    assert.deepEqual(
      waiting.map((probe) => probe.open),
      [false, false, true],
    );
    semaphore.release(a, "", 3);
    assert.ok(!waiting[2]?.open);
    assert.equal(semaphore.status().value, 2);
  });

  test("is waited for no longer than timeoutMs", () => {
    const { world, semaphore, a, b, acquire } = setUp(1);
    acquire(a);
    const waiting = acquire(b, 30);
    world.clock.advance(30);
    assert.deepEqual(waiting.value, notGot);
    assert.equal(semaphore.status().waiters, 0);
  });

  test("may be released beyond its initial value when it is not bounded", () => {
    const { semaphore, a } = setUp(1);
    semaphore.release(a, "", 1);
    assert.equal(semaphore.status().value, 2);
  });

  test("cannot be released beyond its initial value when it is bounded", () => {
    const { semaphore, a, b, acquire } = setUp(2, true);
    assert.throws(() => semaphore.release(a, "", 1), { codeName: "BadState" });
    acquire(a);
    assert.throws(() => semaphore.release(a, "", 2), { codeName: "BadState" });
    assert.equal(semaphore.status().value, 1, "a refused release changes nothing");
    semaphore.release(a, "", 1);
    acquire(a);
    acquire(b);
    semaphore.release(b, "", 1);
    semaphore.release(a, "", 1);
    assert.equal(semaphore.status().value, 2);
  });

  test("gets back the permits of a session that died, and the next holder is told ownerDied, once", () => {
    const { semaphore, a, b, c, acquire } = setUp(2);
    acquire(a);
    acquire(a);
    const waiting = [acquire(b), acquire(c)];
    a.end(true);
    assert.deepEqual(
      waiting.map((probe) => probe.value),
      [inherited, got],
    );
    assert.deepEqual(semaphore.status().holders, [b.id, c.id]);
  });

  test("does not get back the permits of a session that shut down in order", () => {
    const { semaphore, a, b, acquire } = setUp(1);
    acquire(a);
    a.end(false);
    assert.equal(semaphore.status().value, 0);
    assert.deepEqual(acquire(b, 0).value, notGot);
  });

  test("does not get back permits of dead sessions after a release by a session that held none", () => {
    const { semaphore, a, b, c, acquire } = setUp(0);
    semaphore.release(b, "", 1);
    acquire(a);
    a.end(true);
    assert.equal(semaphore.status().value, 0);
    assert.deepEqual(acquire(c, 0).value, notGot);
  });

  test("counts permits by session: any of its owners can release them", () => {
    const { semaphore, a, b, acquire } = setUp(3);
    acquire(a, undefined, "t1");
    acquire(a, undefined, "t1");
    acquire(a, undefined, "t2");
    semaphore.release(a, "t3", 2);
    assert.equal(semaphore.status().value, 2);
    a.end(true);
    assert.equal(semaphore.status().value, 3);
    assert.deepEqual(acquire(b).value, inherited);
  });

  test("gets back only the permits that a dead session still held", () => {
    const { semaphore, a, b, acquire } = setUp(3);
    acquire(a);
    acquire(a);
    acquire(b);
    semaphore.release(a, "", 1);
    a.end(true);
    assert.equal(semaphore.status().value, 2);
    assert.deepEqual(semaphore.status().holders, [b.id]);
  });

  test("never gives a permit to a session that ended while it waited", () => {
    const { semaphore, a, b, c, acquire } = setUp(1);
    acquire(a);
    acquire(b);
    const third = acquire(c);
    b.end(true);
    semaphore.release(a, "", 1);
    assert.deepEqual(third.value, got);
  });

  test("leaves nothing in sessions once all permits are released", () => {
    const { world, semaphore, a, b, acquire } = setUp(1);
    acquire(a);
    acquire(b, 10);
    semaphore.release(a, "", 1);
    semaphore.release(b, "", 1);
    assert.deepEqual([a.holdings.size, b.holdings.size, world.clock.timers, semaphore.status().value], [0, 0, 0, 1]);
  });

  test("fails its waiters when every session has released it", () => {
    const { world, semaphore, a, b, c, acquire } = setUp(0);
    const waiting = acquire(b);
    for (const session of [a, b, c]) world.engine.registry.release(session, semaphore.handle);
    assert.equal(waiting.failure, "UnknownHandle");
  });
});
