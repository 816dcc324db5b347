import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Condition } from "../../../../server/engine/sync/condition.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import type { Session } from "../../../../server/engine/session.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

function setUp(kind: "lock" | "rlock" = "rlock") {
  const world = new FakeWorld();
  const { registry } = world.engine;
  const [a, b, c] = [world.session(), world.session(), world.session()];
  const lock = registry.create(a, `${kind}:@it`, Lock, () => new Lock(world.engine, `${kind}:@it`));
  const condition = registry.create(
    a,
    "condition:@it",
    Condition,
    () => new Condition(world.engine, "condition:@it", lock),
  );
  for (const other of [b, c]) registry.retain(other, condition.handle);
  const acquire = (session: Session, timeoutMs?: number) => ask(() => lock.acquire(session, "", timeoutMs));
  const wait = (session: Session, timeoutMs?: number) => {
    acquire(session);
    return ask(() => condition.wait(session, "", timeoutMs));
  };
  const notify = (session: Session, n: number | null = 1) => {
    acquire(session);
    const told = condition.notify(session, "", n);
    lock.release(session, "");
    return told.notified;
  };
  return { world, lock, condition, a, b, c, acquire, wait, notify };
}

const notified = { notified: true, ownerDied: false };
const expired = { notified: false, ownerDied: false };

suite("a condition", () => {
  test("releases the lock during a wait, and acquires it again before the answer", () => {
    const { lock, condition, a, b, acquire, wait } = setUp();
    const waiting = wait(a);
    assert.equal(lock.status().locked, false);
    acquire(b);
    assert.deepEqual(condition.notify(b, "", 1), { notified: 1 });
    assert.ok(waiting.open, "the notifier still holds the lock");
    lock.release(b, "");
    assert.deepEqual(waiting.value, notified);
    assert.equal(lock.status().holder, a.id);
  });

  test("hands the lock to its first waiter when a wait releases it", () => {
    const { lock, condition, a, b, acquire } = setUp();
    acquire(a);
    const second = acquire(b);
    ask(() => condition.wait(a, "", null));
    assert.ok(second.value.acquired);
    assert.equal(lock.status().holder, b.id);
  });

  test("releases a recursive lock at all depths, and acquires it again at the same depth", () => {
    const { lock, a, b, acquire, wait, notify } = setUp();
    acquire(a);
    acquire(a);
    const waiting = wait(a);
    assert.equal(lock.status().locked, false);
    notify(b);
    assert.deepEqual(waiting.value, notified);
    assert.equal(lock.status().depth, 3);
  });

  test("notifies as many waiters as asked for, first come first served", () => {
    const { world, lock, a, b, c, wait, notify } = setUp();
    const waiting = [wait(a), wait(b), wait(c)];
    assert.equal(notify(world.session(), 2), 2);
    assert.deepEqual(
      waiting.map((probe) => probe.open),
      [false, true, true],
      "the second waits for the lock, the third for a notification",
    );
    lock.release(a, "");
    assert.deepEqual(
      waiting.map((probe) => probe.open),
      [false, false, true],
    );
    lock.release(b, "");
    assert.ok(waiting[2]?.open);
  });

  test("notifies all waiters when n is null", () => {
    const { world, condition, lock, a, b, c, wait, notify } = setUp();
    const waiting = [wait(a), wait(b), wait(c)];
    assert.equal(notify(world.session(), null), 3);
    for (const session of [a, b, c]) lock.release(session, "");
    assert.deepEqual(
      waiting.map((probe) => probe.value),
      [notified, notified, notified],
    );
    assert.equal(condition.status().waiters, 0);
  });

  test("reports 0 when there is no waiter to notify", () => {
    const { a, notify } = setUp();
    assert.equal(notify(a), 0);
  });

  test("can only be used by the holder of the lock", () => {
    for (const kind of ["lock", "rlock"] as const) {
      const { condition, a, b, acquire } = setUp(kind);
      assert.throws(() => condition.wait(a, "", null), { codeName: "NotOwner" });
      acquire(b);
      assert.throws(() => condition.wait(a, "", null), { codeName: "NotOwner" });
      assert.throws(() => condition.notify(a, "", 1), { codeName: "NotOwner" });
    }
  });

  test("answers false after timeoutMs, with the lock held again", () => {
    const { world, lock, a, wait } = setUp();
    const waiting = wait(a, 40);
    world.clock.advance(40);
    assert.deepEqual(waiting.value, expired);
    assert.equal(lock.status().holder, a.id);
  });

  test("answers after timeoutMs only once the lock is free", () => {
    const { world, lock, a, b, acquire, wait } = setUp();
    const waiting = wait(a, 40);
    acquire(b);
    world.clock.advance(100);
    assert.ok(waiting.open);
    lock.release(b, "");
    assert.deepEqual(waiting.value, expired);
  });

  test("with timeoutMs 0 hands the lock to a waiter once", () => {
    const { lock, condition, a, b, acquire } = setUp();
    acquire(a);
    const second = acquire(b);
    const waiting = ask(() => condition.wait(a, "", 0));
    assert.ok(second.value.acquired);
    assert.ok(waiting.open);
    lock.release(b, "");
    assert.deepEqual(waiting.value, expired);
  });

  test("does not notify a waiter that has timed out, but the next one", () => {
    const { world, lock, condition, a, b, c, acquire, wait } = setUp();
    const first = wait(a, 10);
    const second = wait(b);
    acquire(c);
    world.clock.advance(10);
    assert.deepEqual(condition.notify(c, "", 1), { notified: 1 });
    lock.release(c, "");
    assert.deepEqual(first.value, expired);
    lock.release(a, "");
    assert.deepEqual(second.value, notified);
  });

  test("acquires the lock again before it answers a cancelled wait", () => {
    const { lock, a, b, acquire, wait } = setUp();
    const waiting = wait(a);
    acquire(b);
    waiting.cancel();
    waiting.cancel();
    assert.ok(waiting.open);
    lock.release(b, "");
    assert.equal(waiting.failure, "RequestCancelled");
    assert.equal(lock.status().holder, a.id);
  });

  test("answers a wait that is cancelled after it was notified as notified, so that no notification is lost", () => {
    const { lock, condition, a, b, acquire, wait } = setUp();
    const waiting = wait(a);
    acquire(b);
    condition.notify(b, "", 1);
    waiting.cancel();
    lock.release(b, "");
    assert.deepEqual(waiting.value, notified);
  });

  test("never gives the lock to a session that ended while it waited", () => {
    const { lock, a, b, wait, notify } = setUp();
    wait(a);
    a.end(true);
    assert.equal(notify(b), 0);
    assert.equal(lock.status().locked, false);
  });

  test("passes a notification on when its receiver dies before it has the lock", () => {
    const { lock, condition, a, b, c, acquire, wait } = setUp();
    const first = wait(a);
    const second = wait(b);
    acquire(c);
    condition.notify(c, "", 1);
    a.end(true);
    assert.equal(first.failure, "RequestCancelled");
    lock.release(c, "");
    assert.deepEqual(second.value, notified);
  });

  test("does not pass a notification on to another wait of the session that dies", () => {
    const { world, lock, condition, a, b, c, acquire, wait } = setUp();
    const d = world.session();
    wait(a);
    acquire(c);
    ask(() => lock.acquire(a, "thread 2", null));
    acquire(b);
    acquire(d);
    condition.notify(c, "", 1);
    lock.release(c, "");
    // Thread 2 hands the lock to b, and b to d. The notified wait is the last waiter of the lock.
    ask(() => condition.wait(a, "thread 2", null));
    const other = ask(() => condition.wait(b, "", null));
    assert.equal(lock.status().holder, d.id);
    a.end(true);
    lock.release(d, "");
    assert.deepEqual(other.value, notified);
    assert.equal(a.waits.size, 0);
  });

  test("reports ownerDied when the lock's holder died during the wait", () => {
    const { condition, a, b, acquire, wait } = setUp();
    const waiting = wait(a);
    acquire(b);
    condition.notify(b, "", 1);
    b.end(true);
    assert.deepEqual(waiting.value, { notified: true, ownerDied: true });
  });

  test("reports ownerDied beside the error of a cancelled wait, because it is reported only once", () => {
    const { a, b, acquire, wait } = setUp();
    const waiting = wait(a);
    acquire(b);
    waiting.cancel();
    b.end(true);
    assert.deepEqual(waiting.error.data, { ownerDied: true });
  });

  test("keeps its lock alive", () => {
    const { world, lock, a, wait } = setUp();
    world.engine.registry.release(a, lock.handle);
    assert.ok(world.engine.registry.has(lock.handle));
    const waiting = wait(a, 5);
    world.clock.advance(5);
    assert.deepEqual(waiting.value, expired);
    a.end(true);
  });

  test("fails its waiters, with the lock held, when every session has released it", () => {
    const { world, lock, condition, a, b, c, wait } = setUp();
    const waiting = wait(a);
    for (const session of [a, b, c]) world.engine.registry.release(session, condition.handle);
    assert.equal(waiting.failure, "UnknownHandle");
    assert.equal(lock.status().holder, a.id);
  });

  test("leaves no timer and no wait behind", () => {
    const { world, lock, a, b, wait, notify } = setUp();
    const waiting = wait(a, 1000);
    notify(b);
    assert.deepEqual(waiting.value, notified);
    lock.release(a, "");
    wait(a, 1000);
    a.end(true);
    world.clock.advance(500);
    assert.deepEqual([world.clock.timers, a.waits.size, b.waits.size], [0, 0, 0]);
  });
});
