import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { Cancelled, Pool, task, TimedOut, type ImapIterator } from "../../../../bindings/typescript/index.js";
import * as functions from "../fixtures/functions.js";
import { functions as module } from "../fixtures/paths.js";
import { waitFor, within } from "../../../deadline.js";

const meta = { url: module };
const double = task(meta, functions.double);

/** Counts for ever, and remembers how far. */
function counter(): { items: Generator<number>; taken: () => number; closed: () => boolean } {
  let taken = 0;
  let closed = false;
  const items = (function* () {
    try {
      for (;;) yield taken++;
    } finally {
      closed = true;
    }
  })();
  return { items, taken: () => taken, closed: () => closed };
}

/** The same number for each of the items. */
function* numbersOf(items: Iterable<number>, value: number): Generator<number> {
  for (const _ of items) yield value;
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of results) all.push(one);
  return all;
}

test("imap gives every result in order, imapUnordered each once", async () => {
  await using pool = new Pool(2);
  const items = Array.from({ length: 100 }, (_, i) => i);
  const expected: number[] = items.map((x) => x * 2);
  assert.deepEqual(await collect(pool.imap(double, items)), expected);
  assert.deepEqual(await collect(pool.imap(double, items, { chunkSize: 7 })), expected);
  assert.deepEqual(
    (await collect(pool.imapUnordered(double, items, { chunkSize: 3 }))).sort((a, b) => a - b),
    expected,
  );
  assert.deepEqual(await collect(pool.imap(double, [])), []);
});

test("inputs may be an async iterable", async () => {
  await using pool = new Pool(2);
  async function* items() {
    for (let i = 0; i < 5; i++) {
      await delay(1);
      yield i;
    }
  }
  assert.deepEqual(await collect(pool.imap(double, items())), [0, 2, 4, 6, 8]);
});

test("endless inputs are read only as results are read, and closed when the loop is left", async () => {
  await using pool = new Pool(2);
  const { items, taken, closed } = counter();
  let read = 0;
  let most = 0;
  for await (const value of pool.imap(double, items)) {
    assert.equal(value, read * 2);
    read++;
    most = Math.max(most, taken() - read);
    if (read === 500) break;
  }
  assert.ok(most <= 64, `${most} short items were taken ahead`);
  assert.equal(closed(), true);
  assert.equal(await pool.apply(double, [1]), 2);
});

test("at most two slow items for each worker are read ahead", async () => {
  await using pool = new Pool(2);
  const { items, taken } = counter();
  let read = 0;
  for await (const _ of pool.imap(task(meta, functions.spin), numbersOf(items, 2))) {
    read++;
    assert.ok(taken() - read <= 4, `${taken() - read} items were taken ahead`);
    if (read === 20) break;
  }
});

test("while results are not read, no further inputs are taken", async () => {
  await using pool = new Pool(2);
  const { items, taken } = counter();
  const results = pool.imap(double, items, { lookAhead: 10 });
  await waitFor(() => taken() === 10);
  // Other calls in that time do not change the window.
  for (let i = 0; i < 50; i++) await pool.apply(double, [i]);
  assert.equal(taken(), 10);
  assert.deepEqual(await results.next(), { done: false, value: 0 });
  await waitFor(() => taken() === 11);
  await results.return();
});

test("a failure is thrown by the next() whose turn it is, and the following one continues", async () => {
  await using pool = new Pool(1);
  const results = pool.imap(task(meta, functions.failOdd), [0, 1, 2]);
  assert.deepEqual(await results.next(), { done: false, value: 0 });
  await assert.rejects(results.next(), { message: "item 1: TypeError: 1 is odd" });
  assert.deepEqual(await results.next(), { done: false, value: 2 });
  assert.deepEqual(await results.next(), { done: true, value: undefined });
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});

test("with returnExceptions failures are yielded", async () => {
  await using pool = new Pool(1);
  const results = await collect(pool.imap(task(meta, functions.failOdd), [0, 1, 2], { returnExceptions: true }));
  assert.deepEqual(
    results.map((one) => (one instanceof Error ? one.name : one)),
    [0, "TaskFailed", 2],
  );
});

test("inputs that throw end the results after those before them", async () => {
  await using pool = new Pool(1);
  function* items() {
    yield 1;
    yield 2;
    throw new Error("no more");
  }
  const results = pool.imap(double, items(), { chunkSize: 3 });
  assert.deepEqual(await results.next(), { done: false, value: 2 });
  assert.deepEqual(await results.next(), { done: false, value: 4 });
  await assert.rejects(results.next(), { message: "no more" });
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});

test("next takes a timeout, and a result that arrives later is not lost", async () => {
  await using pool = new Pool(1);
  const later = async (x: number) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return x;
  };
  const results = pool.imap(later, [7]);
  await assert.rejects(results.next(1), TimedOut);
  assert.deepEqual(await results.next(), { done: false, value: 7 });
});

test("several readers get results in the order in which they asked", async () => {
  await using pool = new Pool(2);
  const results = pool.imap(double, [1, 2, 3]);
  const read = await Promise.all([results.next(), results.next(), results.next(), results.next()]);
  assert.deepEqual(
    read.map(({ value }) => value),
    [2, 4, 6, undefined],
  );
});

const reason = new Error("no longer wanted");
const isAborted = (error: unknown) => error instanceof Cancelled && error.cause === reason;

test("a signal cancels what is not done, and the results end with Cancelled, for its reason", async () => {
  await using pool = new Pool(1);
  const controller = new AbortController();
  const { items, closed } = counter();
  const results = pool.imap(task(meta, functions.untilAborted), items as Iterable<never>, {
    signal: controller.signal,
  });
  const waiting = [results.next(), results.next()];
  controller.abort(reason);
  for (const next of [...waiting, results.next()]) await assert.rejects(next, isAborted);
  assert.equal(closed(), true);
  assert.equal(await pool.apply(double, [1]), 2);
  await results.return();
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});

test("a loop whose signal fires does not end as if it were complete", async () => {
  await using pool = new Pool(2);
  const items = Array.from({ length: 1000 }, (_, i) => i);
  for (const ordered of [true, false]) {
    for (const returnExceptions of [false, true]) {
      const controller = new AbortController();
      let read = 0;
      const loop = async () => {
        const options = { signal: controller.signal, returnExceptions };
        for await (const _ of ordered
          ? pool.imap(double, items, options)
          : pool.imapUnordered(double, items, options)) {
          if (++read === 20) controller.abort(reason);
        }
      };
      await assert.rejects(loop(), isAborted);
      assert.equal(read, 20);
    }
  }
});

test("a loop that ends by a failure lets its inputs and its signal go", async () => {
  await using pool = new Pool(2);
  const controller = new AbortController();
  const { items, closed } = counter();
  const loop = async () => {
    for await (const _ of pool.imap(task(meta, functions.failOdd), items, { signal: controller.signal }));
  };
  await assert.rejects(loop(), { message: "item 1: TypeError: 1 is odd" });
  assert.equal(closed(), true);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

/** Gives these, then waits until it is released. */
function stuck(...first: number[]) {
  let release = () => {};
  let left = false;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  async function* items() {
    try {
      yield* first;
      await gate;
      yield 0;
    } finally {
      left = true;
    }
  }
  return { items: items(), release, left: () => left };
}

test("a loop can be left while its inputs wait, which run their finally when they go on", async () => {
  await using pool = new Pool(1);
  const { items, release, left } = stuck(1, 2);
  const loop = async () => {
    for await (const value of pool.imap(double, items)) if (value === 4) break;
  };
  await within(loop(), "the loop's end");
  release();
  await waitFor(left);
});

test("cancel ends the results while the inputs wait", async () => {
  await using pool = new Pool(1);
  const { items, release, left } = stuck(1);
  const results = pool.imap(double, items);
  assert.deepEqual(await results.next(), { done: false, value: 2 });
  const waiting = results.next();
  results.cancel();
  assert.deepEqual(await within(waiting, "the waiting next()"), { done: true, value: undefined });
  release();
  await waitFor(left);
});

test("inputs may cancel, abort or leave the results from inside of themselves", async () => {
  await using pool = new Pool(1);
  const ends: Record<string, (results: ImapIterator<number>, controller: AbortController) => void> = {
    cancel: (results) => results.cancel(),
    abort: (_, controller) => controller.abort(reason),
    return: (results) => void results.return(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const controller = new AbortController();
    let left = false;
    let ready = false;
    function* items() {
      try {
        yield 1;
        while (!ready) yield 2;
        end(results, controller);
        yield 3;
      } finally {
        left = true;
      }
    }
    const results: ImapIterator<number> = pool.imap(double, items(), { signal: controller.signal, lookAhead: 1 });
    await results.next();
    ready = true;
    for (let read = 0; read < 10; read++) {
      const one = await within(
        results.next().catch(() => ({ done: true })),
        `next() after ${name}`,
      );
      if (one.done) break;
      assert.ok(read < 9, `${name} ended nothing`);
    }
    await waitFor(() => left, { what: `the inputs' finally after ${name}` });
  }
});

test("after terminate the results end, with Cancelled for the missing ones", async () => {
  for (const returnExceptions of [true, false]) {
    const pool = new Pool(1);
    const { items, closed } = counter();
    const names: unknown[] = [];
    const loop = async () => {
      for await (const one of pool.imap(double, items, { returnExceptions })) {
        names.push((one as unknown) instanceof Error ? (one as unknown as Error).name : "value");
        if (names.length === 10) await pool.terminate();
        assert.ok(names.length < 1000, "it yields without end");
      }
    };
    if (returnExceptions) {
      await within(loop(), "the loop's end");
      assert.equal(names.at(-1), "Cancelled");
      assert.deepEqual(new Set(names), new Set(["value", "Cancelled"]));
    } else {
      await within(assert.rejects(loop(), Cancelled), "the loop's end");
    }
    assert.equal(closed(), true);
  }
});

test("after the pool was terminated elsewhere the results end, too", async () => {
  const pool = new Pool(1);
  const { items, closed } = counter();
  const results = pool.imap(double, items, { returnExceptions: true });
  await results.next();
  await pool.apply(async (same: Pool) => same.terminate(), [pool]).catch(() => {});
  let read = 0;
  while (!(await within(results.next(), "the next result")).done) assert.ok(read++ < 1000, "it yields without end");
  assert.equal(closed(), true);
});
