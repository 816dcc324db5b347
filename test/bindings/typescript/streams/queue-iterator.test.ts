import assert from "node:assert/strict";
import { test } from "node:test";
import { QueueIterator, type IteratedQueue } from "../../../../bindings/typescript/streams/queue-iterator.js";
import { Counter } from "../../../../bindings/typescript/bypass/tally.js";

/** A queue without a server, whose requests are remembered. */
function setUp(count: number, hasCounters = true) {
  const items = Array.from({ length: count }, (_, i) => i);
  const memory = [0, 0];
  const pair = [0, 1].map((slot) => new Counter(slot, (n) => (memory[slot] = n))) as unknown as readonly [
    Counter,
    Counter,
  ];
  const lent = new Map<number, { from: number; items: number[] }>();
  const log = { largest: 0, given: 0, taken: 0 };
  let closed = false;
  const settle = (counters: readonly Counter[]) => {
    const back = counters.flatMap(
      ({ slot, count: now }) => lent.get(slot)?.items.slice(now - lent.get(slot)!.from) ?? [],
    );
    for (const { slot } of counters) lent.delete(slot);
    items.unshift(...back);
    return back.length;
  };
  const take = async (max: number, counter: Counter | null) => {
    if (closed) throw new Error("closed");
    if (counter) assert.equal(settle([counter]), 0, "the batch before was used up");
    else assert.equal(max, 1, "nothing is taken ahead without a counter");
    log.largest = Math.max(log.largest, max);
    const taken = items.splice(0, max);
    if (taken.length === 0) throw new Error("empty");
    if (counter) lent.set(counter.slot, { from: memory[counter.slot]!, items: taken });
    return taken.map((n) => Uint8Array.of(n >> 8, n & 255));
  };
  const queue: IteratedQueue<number> = {
    take,
    takeNow: take,
    settle: async (counters) => {
      settle(counters);
    },
    counters: async () => {
      if (!hasCounters) return null;
      log.taken++;
      return pair;
    },
    giveBackCounters: () => log.given++,
    isClosed: () => closed,
    decoded: (item) => (item as Uint8Array)[0]! * 256 + (item as Uint8Array)[1]!,
    holdsItems: () => {},
  };
  return { iterator: new QueueIterator(queue), items, memory, lent, log, close: () => (closed = true) };
}

/** What the server would put back, were the process killed now. */
const unseen = ({ lent, memory }: ReturnType<typeof setUp>) =>
  [...lent].flatMap(([slot, { from, items }]) => items.slice(memory[slot]! - from));

test("each item is counted before the loop receives it, so exactly the uncounted ones are on loan", async () => {
  const set = setUp(2000);
  for (let n = 0; n < 1500; n++) {
    assert.deepEqual(await set.iterator.next(), { value: n, done: false });
    assert.deepEqual([...unseen(set), ...set.items].slice(0, 5), [n + 1, n + 2, n + 3, n + 4, n + 5]);
    assert.equal(unseen(set).length + set.items.length, 1999 - n);
  }
  assert.ok(set.log.largest > 1);
});

test("the end of the loop returns its borrowed items and its counters", async () => {
  const set = setUp(500);
  for (let n = 0; n < 100; n++) await set.iterator.next();
  await set.iterator.return();
  assert.deepEqual(set.items[0], 100);
  assert.equal(set.items.length, 400);
  assert.equal(set.lent.size, 0);
  assert.equal(set.log.given, set.log.taken);
});

test("without counters it takes one at a time", async () => {
  const { iterator, log } = setUp(200, false);
  for (let n = 0; n < 200; n++) assert.equal((await iterator.next()).value, n);
  assert.equal(log.largest, 1);
});

test("borrowed items are not handed out after the session has ended, because other consumers have them", async () => {
  const set = setUp(500);
  for (let n = 0; n < 500 && unseen(set).length === 0; n++) await set.iterator.next();
  const before = [...set.memory];
  set.close();
  await assert.rejects(set.iterator.next(), /closed/);
  assert.deepEqual(set.memory, before);
});
