import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { payloadData, type Payload } from "../../../../protocol/schema.js";
import { Lock } from "../../../../server/engine/sync/lock.js";
import { Queue, type QueueOptions } from "../../../../server/engine/streams/queue.js";
import type { Session } from "../../../../server/engine/session.js";
import type { EngineLimits } from "../../../../server/engine/limits.js";
import { FakeWorld } from "../fake-engine.js";
import { ask } from "../probe.js";

function setUp(options: Partial<QueueOptions> = {}, limits: Partial<EngineLimits> = {}) {
  const world = new FakeWorld(limits);
  const [a, b, c] = [world.session(), world.session(), world.session()];
  const queue = world.engine.registry.create(
    a,
    "queue:@it",
    Queue,
    () => new Queue(world.engine, "queue:@it", { maxSize: 0, joinable: false, ...options }),
  );
  for (const other of [b, c]) world.engine.registry.retain(other, queue.handle);
  const put = (session: Session, items: number[] | Payload[], timeoutMs?: number) =>
    ask(() =>
      queue.put(
        session,
        items.map((item) => (typeof item === "number" ? Uint8Array.of(item) : item)),
        timeoutMs,
      ),
    );
  const get = (session: Session, max = 1, timeoutMs?: number) => {
    const probe = ask(() => queue.get(session, max, timeoutMs));
    return {
      probe,
      get items() {
        return probe.open ? null : probe.value.items.map((item) => payloadData(item)[0]);
      },
    };
  };
  return { world, queue, a, b, c, put, get };
}

suite("a queue", () => {
  test("gives items in the order in which they were put", () => {
    const { queue, a, b, put, get } = setUp();
    put(a, [1, 2]);
    put(b, [3]);
    assert.equal(queue.status().size, 3);
    assert.deepEqual([get(b).items, get(b).items, get(a).items], [[1], [2], [3]]);
    assert.ok(queue.status().empty);
  });

  test("gives up to max items at once, without waiting for more", () => {
    const { a, put, get } = setUp();
    put(a, [1, 2, 3, 4]);
    assert.deepEqual(get(a, 3).items, [1, 2, 3]);
    assert.deepEqual(get(a, 3).items, [4]);
  });

  test("serves getters first come first served", () => {
    const { a, b, c, put, get } = setUp();
    const [first, second] = [get(a), get(b)];
    put(c, [1, 2, 3]);
    assert.deepEqual([first.items, second.items, get(c).items], [[1], [2], [3]]);
  });

  test("fails with Empty at once, or after timeoutMs", () => {
    const { world, queue, a, get } = setUp();
    assert.equal(get(a, 1, 0).probe.failure, "Empty");
    const waiting = get(a, 1, 25);
    assert.equal(queue.status().getters, 1);
    world.clock.advance(25);
    assert.equal(waiting.probe.failure, "Empty");
    assert.equal(queue.status().getters, 0);
  });

  test("makes put wait while it is full, first come first served", () => {
    const { queue, a, b, c, put, get } = setUp({ maxSize: 2 });
    put(a, [1, 2]);
    const [third, fourth] = [put(b, [3]), put(c, [4])];
    assert.deepEqual(queue.status(), {
      size: 2,
      maxSize: 2,
      unfinished: 2,
      putters: 2,
      getters: 0,
      full: true,
      empty: false,
    });
    assert.deepEqual(get(a).items, [1]);
    assert.deepEqual([third.open, fourth.open], [false, true]);
    assert.deepEqual(get(a, 2).items, [2, 3]);
    assert.ok(!fourth.open);
    assert.deepEqual(get(a).items, [4]);
  });

  test("lets no put overtake a pending one", () => {
    const { a, b, c, put, get } = setUp({ maxSize: 3 });
    put(a, [1, 2, 3]);
    put(b, [4, 5]);
    get(a);
    assert.equal(put(c, [9], 0).failure, "Full", "4 took the place, and 5 waits before it");
    assert.deepEqual([get(a, 10).items, get(a, 10).items], [[2, 3, 4], [5]]);
  });

  test("stores the part of a batch that fits; on timeout the error says how many items were stored", () => {
    const { world, a, b, put, get } = setUp({ maxSize: 2 });
    const batch = put(a, [1, 2, 3, 4], 50);
    get(b);
    world.clock.advance(50);
    assert.equal(batch.failure, "Full");
    assert.deepEqual(batch.error.data, { stored: 3 });
    assert.deepEqual(get(b, 10).items, [2, 3]);
    const again = put(a, [5, 6, 7], 0);
    assert.deepEqual(again.error.data, { stored: 2 });
  });

  test("says in Overloaded, too, how many items of a put it stored", () => {
    const { a, put, get } = setUp({ maxSize: 2 }, { maxQueuedBytes: 100 });
    // The pending bytes of this session are those of another queue.
    a.holdBack(200);
    const part = put(a, [1, 2, 3]);
    assert.deepEqual([part.failure, part.error.data], ["Overloaded", { stored: 2 }]);
    assert.deepEqual(get(a, 10).items, [1, 2]);
    a.heldBackEnded(200);
  });

  test("passes a batch larger than itself through to a getter that waits", () => {
    const { a, b, put, get } = setUp({ maxSize: 1 });
    const waiting = [get(b), get(b), get(b)];
    const batch = put(a, [1, 2, 3, 4, 5]);
    assert.deepEqual(
      waiting.map((getter) => getter.items),
      [[1], [2], [3]],
    );
    assert.ok(batch.open, "4 is in, 5 waits");
    assert.deepEqual(get(b).items, [4]);
    assert.equal(batch.value, null);
    assert.deepEqual(get(b).items, [5]);
  });

  test("keeps the stored items of a producer that died, also of a batch that was stored in part", () => {
    const { a, b, put, get } = setUp({ maxSize: 2 });
    put(a, [1, 2, 3]);
    a.end(true);
    assert.deepEqual(get(b, 10).items, [1, 2]);
    assert.equal(get(b, 1, 0).probe.failure, "Empty", "3 was never stored");
  });

  test("tells a cancelled put how many items were stored", () => {
    const { a, b, put, get } = setUp({ maxSize: 1 });
    const batch = put(a, [1, 2]);
    const behind = put(b, [3]);
    batch.cancel();
    assert.deepEqual([batch.failure, batch.error.data], ["RequestCancelled", { stored: 1 }]);
    assert.deepEqual([get(b).items, get(b).items], [[1], [3]]);
    assert.equal(behind.value, null);
  });

  test("gives no item to a getter whose session has ended or that was cancelled", () => {
    const { a, b, c, put, get } = setUp();
    const [dead, cancelled] = [get(a), get(b)];
    const third = get(c);
    a.end(true);
    cancelled.probe.cancel();
    put(b, [1]);
    assert.deepEqual(
      [dead.probe.failure, cancelled.probe.failure, third.items],
      ["RequestCancelled", "RequestCancelled", [1]],
    );
  });

  test("gives no item to a getter that timed out in the same moment, just before the put", () => {
    const { world, queue, a, b, put, get } = setUp();
    const waiting = get(a, 1, 10);
    world.clock.setTimer(10, () => put(b, [1]));
    world.clock.advance(10);
    assert.equal(waiting.probe.failure, "Empty");
    assert.equal(queue.status().size, 1);
  });

  test("limits the bytes of its unread items, too", () => {
    const { queue, a, b, put, get } = setUp({}, { maxBufferedBytes: 10 });
    put(a, [new Uint8Array(6)]);
    const second = put(a, [new Uint8Array(5)]);
    assert.ok(second.open);
    get(b);
    assert.ok(!second.open);
    get(b);
    assert.equal(put(a, [new Uint8Array(1000)]).value, null, "one item alone may be larger");
    assert.ok(queue.status().full);
    assert.equal(put(a, [1], 0).failure, "Full");
  });

  test("lets no small item overtake a large one that waits for room", () => {
    const { a, b, put, get } = setUp({}, { maxBufferedBytes: 10 });
    put(a, [new Uint8Array(6)]);
    put(a, [new Uint8Array(8)]);
    assert.ok(put(b, [1]).open);
    assert.equal(put(b, [1], 0).failure, "Full");
    get(b);
    assert.deepEqual([get(b).items, get(b).items], [[0], [1]]);
  });

  test("stores a small item when the large one before it is cancelled", () => {
    const { world, a, b, put } = setUp({}, { maxBufferedBytes: 10 });
    put(a, [new Uint8Array(6)]);
    const large = put(a, [new Uint8Array(8)], 20);
    const small = put(b, [new Uint8Array(2)]);
    world.clock.advance(20);
    assert.equal(large.failure, "Full");
    assert.equal(small.value, null);
  });

  test("gives at most one message's worth of bytes at once", () => {
    const { a, put, get } = setUp();
    put(a, [new Uint8Array(700_000), new Uint8Array(700_000), new Uint8Array(700_000)]);
    assert.equal(get(a, 10).items?.length, 1);
    assert.equal(get(a, 10).items?.length, 1);
  });

  test("refuses a put of a session whose pending puts are at the limit", () => {
    const { a, b, put, get } = setUp({ maxSize: 1 }, { maxQueuedBytes: 100 });
    put(a, [1]);
    put(a, [new Uint8Array(500)]);
    const refused = put(a, [new Uint8Array(1)]);
    assert.equal(refused.failure, "Overloaded");
    assert.deepEqual(refused.error.data, { stored: 0 });
    assert.ok(put(b, [2]).open, "another session has its own account");
    get(b, 2);
    assert.equal(a.heldBackBytes, 0);
    assert.ok(put(a, [3]).open);
  });

  test("puts returned items before all others, in their order, whether or not there is room", () => {
    const { queue, a, b, put, get } = setUp({ maxSize: 3 });
    put(a, [1, 2, 3]);
    get(b, 2);
    const waiting = put(a, [4, 5, 6]);
    assert.equal(queue.putBack(b, [Uint8Array.of(1), Uint8Array.of(2)]), null);
    assert.deepEqual([queue.status().size, waiting.open], [5, true]);
    assert.deepEqual(get(b, 10).items, [1, 2, 3, 4, 5]);
    assert.equal(waiting.value, null);
  });

  test("gives returned items to waiting getters", () => {
    const { queue, a, b, c, put, get } = setUp();
    put(a, [1, 2, 3]);
    get(b, 3);
    const [first, second] = [get(a), get(c)];
    queue.putBack(
      b,
      [2, 3].map((n) => Uint8Array.of(n)),
    );
    assert.deepEqual([first.items, second.items], [[2], [3]]);
  });

  test("counts returned items as never taken", () => {
    const { queue, a, b, put, get } = setUp({ joinable: true });
    put(a, [1, 2]);
    get(b, 2);
    queue.putBack(b, [Uint8Array.of(2)]);
    assert.equal(queue.status().unfinished, 2);
    get(b);
    queue.taskDone(2);
    assert.equal(queue.status().unfinished, 0);
  });

  test("accepts no more returned items than the session took, and accepts them after close, too", () => {
    const { queue, a, b, put, get } = setUp();
    put(a, [1, 2]);
    get(b, 2);
    assert.equal(ask(() => queue.putBack(a, [Uint8Array.of(1)])).failure, "BadState");
    assert.equal(ask(() => queue.putBack(b, [new Uint8Array(3)])).failure, "BadState");
    queue.close(b);
    queue.putBack(b, [Uint8Array.of(1), Uint8Array.of(2)]);
    assert.equal(ask(() => queue.putBack(b, [Uint8Array.of(1)])).failure, "BadState");
    assert.equal(queue.status().size, 2);
  });

  test("closes for one session only", () => {
    const { queue, a, b, put, get } = setUp();
    put(a, [1]);
    queue.close(a);
    assert.equal(put(a, [2]).failure, "Closed");
    assert.equal(get(a).probe.failure, "Closed");
    assert.deepEqual(get(b).items, [1]);
  });

  test("fails its waiters when every session has released it", () => {
    const { world, queue, a, b, c, put, get } = setUp({ maxSize: 1, joinable: true });
    put(a, [1]);
    const [putting, joining] = [put(a, [2]), ask(() => queue.join(b, null))];
    for (const session of [a, b, c]) world.engine.registry.release(session, queue.handle);
    assert.deepEqual([putting.failure, joining.failure], ["UnknownHandle", "UnknownHandle"]);
    assert.equal(a.heldBackBytes, 0);
    assert.equal(get(a, 1, 0).probe.failure, "Empty");
  });

  test("leaves no wait and no timer behind", () => {
    const { world, a, b, put, get } = setUp({ maxSize: 1 });
    get(a, 1, 100);
    put(b, [1, 2, 3], 100);
    get(a, 10, 100);
    get(a, 10, 100);
    assert.deepEqual([a.waits.size, b.waits.size, b.heldBackBytes, world.clock.timers], [0, 0, 0, 0]);
  });
});

suite("handles in a queue", () => {
  function withLock() {
    const set = setUp({ maxSize: 1 });
    const { world, a } = set;
    world.engine.registry.create(a, "lock:s1.1", Lock, () => new Lock(world.engine, "lock:s1.1"));
    const item: Payload = [Uint8Array.of(7), ["lock:s1.1"]];
    return { ...set, item, known: () => world.engine.registry.has("lock:s1.1") };
  }

  test("live while the item is in flight, then belong to the session that took it", () => {
    const { world, a, b, put, get, item, known } = withLock();
    put(a, [item]);
    world.engine.registry.release(a, "lock:s1.1");
    assert.ok(known());
    get(b);
    assert.ok(known());
    world.engine.registry.release(b, "lock:s1.1");
    assert.ok(!known());
  });

  test("live in an item that waits for room, until its put is cancelled", () => {
    const { world, a, put, item, known } = withLock();
    put(a, [1]);
    const waiting = put(a, [item, item], 10);
    world.engine.registry.release(a, "lock:s1.1");
    assert.ok(known());
    world.clock.advance(10);
    assert.equal(waiting.failure, "Full");
    assert.ok(!known());
  });

  test("are released with the queue", () => {
    const { world, queue, a, b, c, put, item, known } = withLock();
    put(a, [item, item]);
    world.engine.registry.release(a, "lock:s1.1");
    for (const session of [a, b, c]) world.engine.registry.release(session, queue.handle);
    assert.ok(!known());
    assert.equal(world.engine.registry.size, 0);
  });

  test("must exist, or nothing of the batch is stored", () => {
    const { world, queue, a, put, item, known } = withLock();
    assert.equal(put(a, [item, [Uint8Array.of(1), ["lock:s9.9"]]]).failure, "UnknownHandle");
    assert.equal(queue.status().size, 0);
    world.engine.registry.release(a, "lock:s1.1");
    assert.ok(!known());
  });
});

suite("a joinable queue", () => {
  test("is joined when every item that was put is done", () => {
    const { queue, a, b, put, get } = setUp({ joinable: true });
    assert.equal(ask(() => queue.join(a, null)).value, null);
    put(a, [1, 2]);
    const joining = ask(() => queue.join(a, null));
    get(b, 2);
    assert.ok(joining.open);
    queue.taskDone(1);
    assert.ok(joining.open);
    queue.taskDone(1);
    assert.equal(joining.value, null);
  });

  test("fails taskDone for more items than are unfinished", () => {
    const { queue, a, put } = setUp({ joinable: true });
    put(a, [1]);
    assert.throws(() => queue.taskDone(2), { codeName: "BadState" });
    queue.taskDone(1);
    assert.throws(() => queue.taskDone(1), { codeName: "BadState" });
  });

  test("fails join with TimedOut after timeoutMs", () => {
    const { world, queue, a, put } = setUp({ joinable: true });
    put(a, [1]);
    assert.equal(ask(() => queue.join(a, 0)).failure, "TimedOut");
    const joining = ask(() => queue.join(a, 10));
    world.clock.advance(10);
    assert.equal(joining.failure, "TimedOut");
  });

  test("alone has join and taskDone", () => {
    const { queue, a } = setUp();
    assert.equal(ask(() => queue.join(a, null)).failure, "BadState");
    assert.throws(() => queue.taskDone(1), { codeName: "BadState" });
  });
});
