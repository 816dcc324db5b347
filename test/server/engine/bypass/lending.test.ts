import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { Lending } from "../../../../server/engine/bypass/lending.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { ask } from "../probe.js";
import { Borrower, setUp, values } from "./lending-world.js";

suite("items on loan", () => {
  test("return to the front of the queue, in their order, when their borrower dies without counting them", () => {
    const { borrower, put, take } = setUp();
    put(1, 2, 3, 4, 5);
    assert.deepEqual(values(borrower.borrow(3).value.items), [1, 2, 3]);
    borrower.session.end(true);
    assert.deepEqual(take(), [1, 2, 3, 4, 5]);
  });

  test("belong to the borrower as soon as it has counted them", () => {
    const { borrower, put, take } = setUp();
    put(1, 2, 3, 4, 5);
    borrower.borrow(4);
    borrower.hand(1);
    borrower.hand(1);
    borrower.session.end(true);
    assert.deepEqual(take(), [3, 4, 5]);
  });

  test("return to the queue also when their borrower shuts down in order", () => {
    const { borrower, put, take } = setUp();
    put(1, 2, 3);
    borrower.borrow(3);
    borrower.hand(1);
    borrower.session.end(false);
    assert.deepEqual(take(), [2, 3]);
  });

  test("are settled by the next request that names their counter", () => {
    const { borrower, put, take } = setUp();
    put(1, 2, 3, 4, 5, 6);
    borrower.borrow(2);
    borrower.hand(2);
    assert.deepEqual(values(borrower.borrow(2).value.items), [3, 4]);
    borrower.hand(1);
    assert.deepEqual(values(borrower.borrow(2).value.items), [4, 5], "4 was not counted");
    borrower.session.end(true);
    assert.deepEqual(take(), [4, 5, 6], "a count of earlier batches says nothing of this one");
  });

  test("are settled also when that next request has to wait", () => {
    const { root, queue, borrower, put, take } = setUp();
    put(1, 2);
    borrower.borrow(2);
    borrower.hand(2);
    const waiting = borrower.borrow(2);
    assert.ok(waiting.open);
    borrower.session.end(true);
    assert.equal(waiting.failure, "RequestCancelled");
    assert.deepEqual(take(), []);
    assert.equal(ask(() => queue.get(root, 1, 0)).failure, "Empty");
  });

  test("count as lent also when the request for them had to wait", () => {
    const { borrower, put, take } = setUp();
    const waiting = borrower.borrow(5);
    put(1, 2, 3);
    assert.deepEqual(values(waiting.value.items), [1, 2, 3]);
    borrower.session.end(true);
    assert.deepEqual(take(), [1, 2, 3]);
  });

  test("of several counters return in the order in which they were lent", () => {
    const { borrower, put, take } = setUp();
    put(1, 2, 3, 4, 5, 6, 7);
    borrower.borrow(2, 1);
    borrower.borrow(2, 0);
    borrower.hand(2, 1);
    borrower.borrow(2, 1);
    borrower.hand(1, 0);
    borrower.session.end(true);
    assert.deepEqual(take(), [4, 5, 6, 7]);
  });

  test("of several borrowers return in the order of their puts, in whatever order the borrowers die", () => {
    for (const lastReturns of ["first", "last"]) {
      const { world, queue, borrower, put, take } = setUp();
      put(1, 2, 3, 4, 5, 6, 7);
      const other = new Borrower(world, queue);
      borrower.borrow(2);
      other.borrow(2);
      borrower.borrow(2, 1);
      other.hand(1);
      const sessions = [borrower.session, other.session];
      for (const session of lastReturns === "last" ? sessions : sessions.toReversed()) session.end(true);
      assert.deepEqual(take(), [1, 2, 4, 5, 6, 7]);
    }
  });

  test("that return go to the waiting getters, first come first served, the oldest item first", () => {
    const { world, root, queue, borrower, put } = setUp();
    const other = new Borrower(world, queue);
    put(1, 2, 3, 4);
    borrower.borrow(2, 0);
    borrower.borrow(2, 1);
    borrower.hand(1, 0);
    const [first, second] = [ask(() => queue.get(root, 1, null)), other.borrow(10)];
    borrower.session.end(true);
    assert.deepEqual([values(first.value.items), values(second.value.items)], [[2], [3, 4]]);
    other.session.end(true);
    assert.equal(queue.status().size, 2);
  });

  test("that are not counted return to the queue when they are settled, and only once", () => {
    const { borrower, put, take } = setUp();
    put(1, 2, 3, 4);
    borrower.borrow(2, 0);
    borrower.borrow(2, 1);
    borrower.hand(1, 0);
    borrower.settle(1, 0);
    borrower.settle(0);
    assert.deepEqual(take(), [2, 3, 4]);
    borrower.session.end(true);
    assert.deepEqual(take(), []);
  });

  test("are at most 256, and at most one message's worth of bytes", () => {
    const { borrower, put } = setUp();
    put(...Array.from({ length: 300 }, (_, i) => i % 256));
    assert.equal(borrower.borrow(10_000).value.items.length, 256);
    borrower.hand(256);
    borrower.borrow(100);
    borrower.hand(44);
    put(new Uint8Array(700_000), new Uint8Array(700_000));
    assert.equal(borrower.borrow(10).value.items.length, 1);
  });

  test("do not count for the queue's size, but count as unfinished", () => {
    const { queue, borrower, put } = setUp(true);
    put(1, 2, 3);
    borrower.borrow(2);
    assert.deepEqual([queue.status().size, queue.status().unfinished], [1, 3]);
    borrower.hand(1);
    queue.taskDone(1);
    borrower.session.end(true);
    assert.deepEqual([queue.status().size, queue.status().unfinished], [2, 2]);
  });

  test("can be put back once they are counted and settled, and not before", () => {
    const { queue, borrower, put, take } = setUp();
    put(1, 2, 3);
    borrower.borrow(2);
    borrower.hand(1);
    assert.equal(ask(() => queue.putBack(borrower.session, [Uint8Array.of(1)])).failure, "BadState");
    borrower.settle(0);
    queue.putBack(borrower.session, [Uint8Array.of(1)]);
    assert.deepEqual(take(), [1, 2, 3]);
  });

  test("are dropped when every session has released their queue", () => {
    const { world, root, queue, borrower, put } = setUp();
    world.engine.registry.create(root, "lock:s1.1", Lock, () => new Lock(world.engine, "lock:s1.1"));
    put(1, [Uint8Array.of(2), ["lock:s1.1"]]);
    world.engine.registry.release(root, "lock:s1.1");
    borrower.borrow(2);
    world.engine.registry.release(root, queue.handle);
    world.engine.registry.release(borrower.session, queue.handle);
    borrower.settle(0);
    assert.equal(world.engine.registry.size, 0);
    assert.equal(queue.status().size, 0);
  });

  test("that return keep their objects alive, also if no other session refers to them", () => {
    const { world, root, queue, borrower, put } = setUp();
    for (const name of ["lock:s1.1", "lock:s1.2"]) {
      world.engine.registry.create(root, name, Lock, () => new Lock(world.engine, name));
      put([Uint8Array.of(7), [name]]);
      world.engine.registry.release(root, name);
    }
    borrower.borrow(2);
    borrower.hand(1);
    borrower.session.end(true);
    assert.deepEqual([world.engine.registry.has("lock:s1.1"), world.engine.registry.has("lock:s1.2")], [false, true]);
    ask(() => queue.get(root, 1, 0));
    world.engine.registry.release(root, "lock:s1.2");
    assert.ok(!world.engine.registry.has("lock:s1.2"));
  });

  test("do not keep an object alive that the borrower has released", () => {
    const { world, root, borrower, put, take } = setUp();
    world.engine.registry.create(root, "lock:s1.1", Lock, () => new Lock(world.engine, "lock:s1.1"));
    put([Uint8Array.of(7), ["lock:s1.1"]], 8);
    world.engine.registry.release(root, "lock:s1.1");
    borrower.borrow(2);
    borrower.hand(1);
    world.engine.registry.release(borrower.session, "lock:s1.1");
    assert.ok(!world.engine.registry.has("lock:s1.1"));
    borrower.tally.counts[0] = 0;
    borrower.session.end(true);
    assert.deepEqual(take(), [8], "an item whose object has gone was handed out, whatever the counter says");
  });

  test("are never more or fewer than were lent, whatever a counter says", () => {
    for (const [count, left] of [
      [-5, [1, 2, 3]],
      [99, [3]],
    ] as const) {
      const { borrower, put, take } = setUp();
      put(1, 2, 3);
      borrower.borrow(2);
      borrower.tally.counts[0] = count;
      borrower.session.end(true);
      assert.deepEqual(take(), left);
    }
  });

  test("need counters of the session's own, which are given out in ranges until none is left", () => {
    const { world, root, queue, borrower } = setUp();
    assert.equal(ask(() => queue.get(root, 2, 0, { slot: 0, count: 0 })).failure, "BadState");
    assert.equal(borrower.borrow(2, 126, 0).failure, "BadState");
    const more = [1, 2, 3].map(() => Lending.of(borrower.session, world.engine.options.openTally)!.give());
    assert.deepEqual(
      more.map((part) => part && [part.first, part.slots]),
      [[126, 126], [252, 48], null],
    );
    assert.equal(world.tallies.length, 1);
    borrower.session.end(true);
    assert.ok(borrower.tally.closed);
  });
});
