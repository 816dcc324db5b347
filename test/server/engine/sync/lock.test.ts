import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { contenders, got, inherited, notGot } from "./contenders.js";

function setUp(kind: "lock" | "rlock" = "lock") {
  const handle = `${kind}:@it`;
  const { shared: lock, ...rest } = contenders(handle, Lock, ({ engine }) => new Lock(engine, handle));
  return { lock, ...rest };
}

suite("a lock", () => {
  test("is acquired at once when it is free", () => {
    const { lock, a, acquire } = setUp();
    assert.deepEqual(acquire(a).value, got);
    assert.deepEqual(lock.status(), { locked: true, holder: a.id, depth: 1, waiters: 0 });
  });

  test("is acquired first come first served", () => {
    const { lock, a, b, c, acquire } = setUp();
    acquire(a);
    const [second, third] = [acquire(b), acquire(c)];
    lock.release(a, "");
    assert.deepEqual(second.value, got);
    assert.ok(third.open);
    lock.release(b, "");
    assert.deepEqual(third.value, got);
  });

  test("is handed over by release, so no other session can acquire it in between", () => {
    const { lock, a, b, c, acquire } = setUp();
    acquire(a);
    acquire(b);
    lock.release(a, "");
    assert.deepEqual(acquire(c, 0).value, notGot);
    assert.equal(lock.status().holder, b.id);
  });

  test("is not waited for with timeoutMs 0", () => {
    const { world, lock, a, b, acquire } = setUp();
    acquire(a);
    assert.deepEqual(acquire(b, 0).value, notGot);
    assert.equal(lock.status().waiters, 0);
    assert.equal(world.clock.timers, 0);
  });

  test("is waited for no longer than timeoutMs", () => {
    const { world, lock, a, b, acquire } = setUp();
    acquire(a);
    const waiting = acquire(b, 50);
    world.clock.advance(49);
    assert.ok(waiting.open);
    world.clock.advance(1);
    assert.deepEqual(waiting.value, notGot);
    lock.release(a, "");
    assert.equal(lock.status().locked, false);
  });

  test("belongs to the waiter when release comes just before its timeout", () => {
    const { world, lock, a, b, acquire } = setUp();
    acquire(a);
    world.clock.setTimer(50, () => lock.release(a, ""));
    const waiting = acquire(b, 50);
    world.clock.advance(50);
    assert.deepEqual(waiting.value, got);
    assert.equal(lock.status().holder, b.id);
  });

  test("is free when release comes just after the only waiter's timeout", () => {
    const { world, lock, a, b, acquire } = setUp();
    acquire(a);
    const waiting = acquire(b, 50);
    world.clock.setTimer(50, () => lock.release(a, ""));
    world.clock.advance(50);
    assert.deepEqual(waiting.value, notGot);
    assert.equal(lock.status().locked, false);
  });

  test("skips a cancelled waiter", () => {
    const { lock, a, b, c, acquire } = setUp();
    acquire(a);
    const [second, third] = [acquire(b), acquire(c)];
    second.cancel();
    assert.equal(second.failure, "RequestCancelled");
    lock.release(a, "");
    assert.deepEqual(third.value, got);
  });

  test("stays with a waiter that is cancelled after it was handed over", () => {
    const { lock, a, b, acquire } = setUp();
    acquire(a);
    const second = acquire(b);
    lock.release(a, "");
    second.cancel();
    assert.deepEqual(second.value, got);
    assert.equal(lock.status().holder, b.id);
  });

  test("may be released by another session", () => {
    const { lock, a, b, acquire } = setUp();
    acquire(a);
    lock.release(b, "");
    assert.equal(lock.status().locked, false);
    a.end(true);
    assert.deepEqual(acquire(b).value, got, "its former holder's death means nothing");
  });

  test("blocks when one session acquires it twice", () => {
    const { lock, a, acquire } = setUp();
    acquire(a);
    const again = acquire(a);
    assert.ok(again.open);
    lock.release(a, "");
    assert.deepEqual(again.value, got);
  });

  test("cannot be released when it is free", () => {
    const { lock, a } = setUp();
    assert.throws(() => lock.release(a, ""), { codeName: "BadState" });
  });

  test("goes to the next waiter when its holder dies, with ownerDied, once", () => {
    const { lock, a, b, c, acquire } = setUp();
    acquire(a);
    const second = acquire(b);
    a.end(true);
    assert.deepEqual(second.value, inherited);
    lock.release(b, "");
    assert.deepEqual(acquire(c).value, got);
  });

  test("reports ownerDied also when there was no waiter at the holder's death", () => {
    const { a, b, acquire } = setUp();
    acquire(a);
    a.end(true);
    assert.deepEqual(acquire(b).value, inherited);
  });

  test("is released with ownerDied also by a session that shuts down in order", () => {
    const { a, b, acquire } = setUp();
    acquire(a);
    a.end(false);
    assert.deepEqual(acquire(b).value, inherited);
  });

  test("reports each death when one holder after another dies", () => {
    const { a, b, c, acquire } = setUp();
    acquire(a);
    const [second, third] = [acquire(b), acquire(c)];
    a.end(true);
    assert.deepEqual(second.value, inherited);
    b.end(true);
    assert.deepEqual(third.value, inherited);
  });

  test("never goes to a session that ended while it waited", () => {
    const { lock, a, b, c, acquire } = setUp();
    acquire(a);
    acquire(b);
    const third = acquire(c);
    b.end(true);
    lock.release(a, "");
    assert.deepEqual(third.value, got);
  });

  test("is not handed to another wait of the same session when its holder dies", () => {
    const { lock, a, b, acquire } = setUp();
    acquire(a);
    const own = acquire(a);
    const other = acquire(b);
    a.end(true);
    assert.equal(own.failure, "RequestCancelled");
    assert.deepEqual(other.value, inherited);
    assert.equal(lock.status().holder, b.id);
  });

  test("fails its waiters when every session has released it", () => {
    const { world, a, b, c, lock, acquire } = setUp();
    acquire(a);
    const waiting = acquire(b);
    for (const session of [a, b, c]) world.engine.registry.release(session, lock.handle);
    assert.equal(waiting.failure, "UnknownHandle");
    assert.equal(a.holdings.size, 0);
  });

  test("is shown with holder and waiters in order", () => {
    const { lock, a, b, c, acquire } = setUp();
    acquire(a);
    acquire(c);
    acquire(b);
    assert.deepEqual(lock.describe(), {
      handle: "lock:@it",
      kind: "lock",
      holders: [a.id],
      waiters: [c.id, b.id],
      value: 1,
      limit: null,
    });
  });

  test("leaves nothing in the session once it is released", () => {
    const { world, lock, a, b, acquire } = setUp();
    acquire(a);
    acquire(b, 50);
    lock.release(a, "");
    lock.release(b, "");
    assert.deepEqual(
      [a.holdings.size, b.holdings.size, a.waits.size, b.waits.size, world.clock.timers],
      [0, 0, 0, 0, 0],
    );
  });
});

suite("a recursive lock", () => {
  test("is acquired again by its owner at once, and free after as many releases", () => {
    const { lock, a, b, acquire } = setUp("rlock");
    acquire(a);
    assert.deepEqual(acquire(a, 0).value, got);
    assert.equal(lock.status().depth, 2);
    const waiting = acquire(b);
    lock.release(a, "");
    assert.ok(waiting.open);
    lock.release(a, "");
    assert.deepEqual(waiting.value, got);
    assert.equal(lock.status().depth, 1);
  });

  test("blocks another owner in the same session", () => {
    const { a, acquire } = setUp("rlock");
    acquire(a, undefined, "thread 1");
    assert.deepEqual(acquire(a, 0, "thread 2").value, notGot);
  });

  test("can only be released by its owner", () => {
    const { lock, a, b, acquire } = setUp("rlock");
    acquire(a, undefined, "thread 1");
    assert.throws(() => lock.release(b, ""), { codeName: "NotOwner" });
    assert.throws(() => lock.release(a, "thread 2"), { codeName: "NotOwner" });
    lock.release(a, "thread 1");
    assert.throws(() => lock.release(a, "thread 1"), { codeName: "BadState" });
  });

  test("is acquired up to 65,536 times by one owner, and stays as it is when that is refused", () => {
    const { lock, a, acquire } = setUp("rlock");
    for (let n = 0; n < 65_536; n++) assert.deepEqual(acquire(a).value, got);
    assert.throws(() => lock.acquire(a, "", null), { codeName: "BadState", message: /has acquired .* 65536 times/ });
    lock.release(a, "");
    assert.equal(lock.status().depth, 65_535);
  });

  test("is released at all depths when its owner dies", () => {
    const { lock, a, b, acquire } = setUp("rlock");
    acquire(a);
    acquire(a);
    a.end(true);
    assert.deepEqual(acquire(b).value, inherited);
    assert.deepEqual(acquire(b).value, got);
    assert.equal(lock.status().depth, 2);
  });
});
