import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { JoinableQueue, Lock, Process, Queue, shutdown, task } from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import { children } from "../fixtures/modules.js";
import { borrowAndHang, consume, takeAndForget, takeAndRecord } from "../fixtures/children.js";

after(shutdown);

test("iterating takes items one by one", async () => {
  const queue = new Queue<number>();
  await queue.putMany([1, 2, 3]);
  const seen: number[] = [];
  for await (const item of queue) {
    seen.push(item);
    if (item === 2) break;
  }
  assert.deepEqual(seen, [1, 2]);
  assert.equal(await queue.get(), 3, "the next one was not taken ahead");
});

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** A queue with the numbers below `count`. */
async function filled(count: number): Promise<Queue<number>> {
  const queue = new Queue<number>();
  await queue.putMany(numbers(count));
  return queue;
}

/** Items in the queue, without what asking the queue itself does: make it whole. */
const stored = async (queue: Queue<number>) =>
  (await queue.connection.request("queue/status", { queue: queue.handle })).size;

test("a fast loop borrows items in batches, and returns unused ones in order", async () => {
  const queue = await filled(1000);
  const seen: number[] = [];
  let least = 1000;
  for await (const item of queue) {
    seen.push(item);
    if (item % 50 === 0) least = Math.min(least, (await stored(queue)) + seen.length);
    if (item === 600) break;
  }
  assert.deepEqual(seen, numbers(601));
  assert.ok(least < 1000, "it has taken some ahead");
  assert.equal(await stored(queue), 399);
  assert.deepEqual(await queue.getMany(1000), numbers(399, 601));
});

test("a loop that throws returns its unused items", async () => {
  const queue = new JoinableQueue<number>();
  await queue.putMany(numbers(100));
  const looping = (async () => {
    for await (const item of queue) {
      await queue.taskDone();
      if (item === 77) throw new Error("on purpose");
    }
  })();
  await assert.rejects(looping, /on purpose/);
  assert.equal(await stored(queue), 22);
  await queue.getMany(100);
  await queue.taskDone(22);
  await within(queue.join(), "a join when each item was dealt with once");
});

/**
 * Whether items are on loan that the loop has not come to. How many a loop borrows depends on its speed, so most of the
 * time it must be as fast as can be.
 */
const hasBorrowed = async (queue: Queue<number>, item: number, count: number) =>
  item % 50 === 0 && (await stored(queue)) < count - 1 - item;

test("a loop that becomes slow returns its unused items", async () => {
  const queue = await filled(5000);
  const seen: number[] = [];
  let slow = 0;
  for await (const item of queue) {
    seen.push(item);
    if (slow === 0 && (await hasBorrowed(queue, item, 5000))) {
      slow = item;
      await waitFor(async () => (await stored(queue)) === 4999 - item, { what: "all that the loop has not come to" });
    }
    if (slow > 0 && item === slow + 50) break;
  }
  assert.deepEqual(seen, numbers(slow + 51));
});

test("a loop that computes for long returns its unused items before its next item", async () => {
  const queue = await filled(5000);
  const seen: number[] = [];
  let slow = 0;
  for await (const item of queue) {
    seen.push(item);
    if (slow > 0) {
      assert.equal(await stored(queue), 4999 - item);
      break;
    }
    if (!(await hasBorrowed(queue, item, 5000))) continue;
    slow = item;
    for (const end = performance.now() + 40; performance.now() < end;);
  }
  assert.deepEqual(seen, numbers(slow + 2));
});

test("a call inside a loop sees the queue as if items were taken one by one", async () => {
  const queue = await filled(300);
  const seen: number[] = [];
  for await (const item of queue) {
    seen.push(item);
    if (item < 100) continue;
    seen.push(await queue.get());
    assert.equal(await queue.size(), 300 - seen.length);
    if (seen.length >= 290) break;
  }
  assert.deepEqual(seen, numbers(seen.length));
});

test("items in a loop may be objects, also when they have been put back", async () => {
  const queue = new Queue<Lock>();
  const locks = Array.from({ length: 40 }, () => new Lock());
  await queue.putMany(locks);
  let count = 0;
  for await (const lock of queue) {
    assert.equal(lock.handle, locks[count]!.handle);
    if (++count === 20) break;
  }
  const rest = await queue.getMany(100);
  assert.deepEqual(
    rest.map((lock) => lock.handle),
    locks.slice(20).map((lock) => lock.handle),
  );
  await rest[19]!.acquire();
  assert.equal(await locks[39]!.locked(), true);
});

test("a loop that waits is ended by return, and takes nothing", async () => {
  const queue = new Queue<number>();
  const items = queue[Symbol.asyncIterator]();
  const waiting = items.next();
  await stored(queue);
  await items.return!();
  assert.equal((await within(waiting, "the end of the loop")).done, true);
  await queue.put(1);
  assert.equal(await queue.get(), 1);
});

test("consumers in several processes get each item once, and each its own end", async () => {
  const queue = new Queue<number | null>();
  const taken = new Queue<number>();
  const consumers = [1, 2].map(() => new Process({ target: task(children, consume), args: [queue, taken] }));
  await Promise.all(consumers.map((consumer) => consumer.start()));
  for (const from of [0, 1000, 2000]) await queue.putMany(numbers(1000, from));
  await queue.putMany([null, null]);
  for (const consumer of consumers) await within(consumer.join(), "a consumer that got its null");
  assert.deepEqual(
    (await taken.getMany(10_000)).toSorted((a, b) => a - b),
    numbers(3000),
  );
  assert.equal(await queue.empty(), true);
});

test("a process that ends in the middle of a loop has returned its unused items", async () => {
  const queue = await filled(500);
  const child = new Process({ target: task(children, takeAndForget), args: [queue, 40] });
  await child.start();
  await within(child.join(), "the child");
  assert.equal(child.exitCode, 0);
  assert.deepEqual(await queue.getMany(1000), numbers(460, 40));
});

const onLinux = {
  skip: process.platform === "linux" ? false : "nothing is borrowed where a client cannot reach the server's memory",
};

test("a loop whose process is killed loses at most the item that it was working on", onLinux, async (t) => {
  const folder = temporaryFolder(t);
  for (let round = 0; round < 5; round++) {
    const queue = new Queue<number>();
    await queue.putMany(numbers(10_000));
    const path = join(folder, String(round));
    const enough = 4 * Math.floor(Math.random() * 7500);
    const consumer = new Process({ target: task(children, takeAndRecord), args: [queue, path] });
    await consumer.start();
    await waitFor(() => (statSync(path, { throwIfNoEntry: false })?.size ?? -1) >= enough, {
      what: `${enough} bytes of items`,
      intervalMs: 0,
    });
    await consumer.kill();
    await consumer.join();
    // It may have been quicker than the signal, and have taken all.
    const rest = (await queue.empty()) ? [] : await queue.getMany(10_000);
    const following = rest[0] ?? 10_000;
    const seen = readFileSync(path);
    const count = seen.length / 4;
    assert.deepEqual([...new Uint32Array(new Uint8Array(seen).buffer)], numbers(count));
    assert.ok(following === count || following === count + 1, `after ${count} items the next one is ${following}`);
    assert.deepEqual(rest, numbers(10_000 - following, following));
  }
});

test("unused borrowed items are in the queue again, in order, when the loop's process is killed", onLinux, async () => {
  const queue = new Queue<number>();
  const seen = new Queue<number>();
  await queue.putMany(numbers(5000));
  // It spins: when this test fails, it must not keep the others from ending.
  const consumer = new Process({ target: task(children, borrowAndHang), args: [queue, 5000, seen], daemon: true });
  await consumer.start();
  const count = await within(seen.get(), "the loop's report");
  assert.ok((await stored(queue)) < 5000 - count, "some are on loan");
  await consumer.kill();
  await consumer.join();
  assert.deepEqual(await queue.getMany(5000), numbers(5000 - count, count));
});
