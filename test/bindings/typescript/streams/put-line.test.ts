import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Full, Process, Queue, shutdown, task } from "../../../../bindings/typescript/index.js";
import { within } from "../../../deadline.js";
import { putSideBySide } from "../fixtures/children.js";
import { children } from "../fixtures/modules.js";

after(shutdown);

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

test("puts into a full queue are stored in their order, once there is space", async () => {
  const queue = new Queue<number>(7);
  const child = new Process({ target: task(children, putSideBySide), args: [queue, 500] });
  await child.start();
  const items: number[] = [];
  while (items.length < 500) items.push(await within(queue.get(), "the next item"));
  await child.join();
  assert.equal(child.exitCode, 0);
  assert.deepEqual(items, numbers(500));
});

test("a put with a time-out stays behind the puts before it", async () => {
  const queue = new Queue<number>(100);
  const puts = [...numbers(50).map((n) => queue.put(n)), queue.put(50, { timeoutMs: 5000 }), queue.putNowait(51)];
  await Promise.all(puts);
  assert.deepEqual(await queue.getMany(100), numbers(52));
  const more = [...numbers(150).map((n) => queue.put(n)), queue.putNowait(150)];
  await assert.rejects(more.pop()!, Full);
  const items: number[] = [];
  while (items.length < 150) items.push(await queue.get());
  await Promise.all(more);
  assert.deepEqual(items, numbers(150));
});

test("puts that follow one with a time-out do not overtake puts that wait for space", async () => {
  const queue = new Queue<number>(1);
  await queue.size();
  const puts = numbers(20).map((n) => queue.put(n));
  // The message that tries them all has left, and is not answered.
  await Promise.resolve();
  puts.push(queue.put(20, { timeoutMs: 60_000 }), queue.put(21));
  const items: number[] = [];
  while (items.length < 22) items.push(await within(queue.get(), "the next item"));
  await Promise.all(puts);
  assert.deepEqual(items.slice(0, 20), numbers(20));
});
