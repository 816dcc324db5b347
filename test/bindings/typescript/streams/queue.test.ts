import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  Empty,
  Full,
  JoinableQueue,
  Lock,
  Process,
  Queue,
  shutdown,
  SimpleQueue,
  task,
  TimedOut,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { children } from "../fixtures/modules.js";
import { produce, putAndLeave } from "../fixtures/children.js";

after(shutdown);

test("items come out in the order in which they went in", async () => {
  const queue = new Queue<number>();
  for (let i = 0; i < 5; i++) await queue.put(i);
  assert.equal(await queue.size(), 5);
  assert.equal(await queue.empty(), false);
  const items = [];
  for (let i = 0; i < 5; i++) items.push(await queue.get());
  assert.deepEqual(items, [0, 1, 2, 3, 4]);
  assert.equal(await queue.empty(), true);
});

test("items put side by side keep their order, and each put resolves", async () => {
  const queue = new Queue<number>();
  await Promise.all(Array.from({ length: 5000 }, (_, i) => queue.put(i)));
  assert.equal(await queue.size(), 5000);
  assert.deepEqual(
    await queue.getMany(10_000),
    Array.from({ length: 5000 }, (_, i) => i),
  );
});

test("an item is what it was when it was put", async () => {
  const queue = new Queue<{ n: number }>();
  const item = { n: 1 };
  const put = queue.put(item);
  item.n = 2;
  await put;
  assert.deepEqual(await queue.get(), { n: 1 });
});

test("putMany and getMany move many items in few messages", async () => {
  const queue = new Queue<number>();
  await queue.putMany(Array.from({ length: 25_000 }, (_, i) => i));
  assert.equal(await queue.size(), 25_000);
  const items: number[] = [];
  while (items.length < 25_000) items.push(...(await queue.getMany(10_000)));
  assert.deepEqual(
    items,
    Array.from({ length: 25_000 }, (_, i) => i),
  );
  await queue.putMany([]);
  assert.equal(await queue.empty(), true);
});

test("a full queue rejects a put that does not wait, and stores a waiting one when there is space", async () => {
  const queue = new Queue<string>(1);
  await queue.put("a");
  assert.equal(await queue.full(), true);
  await assert.rejects(queue.putNowait("b"), Full);
  await assert.rejects(queue.put("b", { timeoutMs: 5 }), Full);
  const waiting = queue.put("b");
  assert.equal(await queue.get(), "a");
  await waiting;
  assert.equal(await queue.get(), "b");
});

test("a put into a queue with a limit resolves as soon as its own item is stored", async () => {
  const queue = new Queue<string>(1);
  const first = queue.put("a");
  const second = queue.put("b");
  await within(first, "the put that has room");
  assert.equal(await queue.get(), "a");
  await second;
});

test("putMany says how many items went in when the others found no room", async () => {
  const queue = new Queue<number>({ maxSize: 3 });
  await assert.rejects(
    queue.putMany([1, 2, 3, 4, 5], { timeoutMs: 5 }),
    (error: Full) => error instanceof Full && error.data["stored"] === 3,
  );
});

test("an empty queue rejects a get that does not wait", async () => {
  const queue = new Queue();
  await assert.rejects(queue.getNowait(), Empty);
  await assert.rejects(queue.get({ timeoutMs: 5 }), Empty);
});

test("a signal ends a get, and its item stays for others", async () => {
  const queue = new Queue<string>();
  const controller = new AbortController();
  const waiting = queue.get({ signal: controller.signal });
  await queue.size();
  controller.abort();
  await assert.rejects(waiting, { codeName: "Cancelled", cause: controller.signal.reason as Error });
  await queue.put("for others");
  assert.equal(await queue.get(), "for others");
});

test("after close this process can neither put nor get", async () => {
  const queue = new Queue();
  await queue.close();
  await assert.rejects(queue.put(1), { codeName: "Closed" });
  await assert.rejects(queue.get(), { codeName: "Closed" });
});

test("objects travel through queues and stay the same object of the server", async () => {
  const queue = new Queue<{ lock: Lock; reply: Queue<string>; table: Map<string, Lock> }>();
  const lock = new Lock();
  const reply = new Queue<string>();
  await queue.put({ lock, reply, table: new Map([["lock", lock]]) });
  const got = await queue.get();
  assert.ok(got.lock instanceof Lock && got.reply instanceof Queue);
  assert.equal(got.table.get("lock"), got.lock);
  await got.lock.acquire();
  assert.equal(await lock.locked(), true);
  await got.reply.put("through the copy");
  assert.equal(await reply.get(), "through the copy");
});

test("a producer that exits right after put has lost nothing, large as it was", async () => {
  const queue = new Queue<Buffer>();
  const producer = new Process({ target: task(children, produce), args: [queue, Buffer.alloc(5_000_000, 7)] });
  await producer.start();
  await within(producer.join(), "a producer whose queue has no consumer");
  assert.equal(producer.exitCode, 0);
  const item = await queue.get();
  assert.equal(item.length, 5_000_000);
  assert.ok(item.every((byte) => byte === 7));
});

test("an item that cannot be sent is refused by put", async () => {
  await assert.rejects(new Queue().put({ callback: () => 1 }), /callback is the function/);
});

test("a joinable queue is joined when every item was dealt with", async () => {
  const queue = new JoinableQueue<number>();
  await queue.join();
  await queue.putMany([1, 2]);
  await assert.rejects(queue.join({ timeoutMs: 5 }), TimedOut);
  const joined = queue.join();
  await queue.get();
  await queue.taskDone();
  await queue.get();
  await queue.taskDone();
  await within(joined, "the join");
  await assert.rejects(queue.taskDone(), { codeName: "BadState" });
});

test("a queue that is not joinable has neither taskDone nor join", async () => {
  const queue = new Queue<Queue>();
  await queue.put(queue);
  const received = (await queue.get()) as JoinableQueue;
  await assert.rejects(received.join(), { codeName: "BadState" });
});

test("a simple queue puts, gets and says whether it is empty", async () => {
  const queue = new SimpleQueue<string>();
  assert.equal(await queue.empty(), true);
  await queue.put("a");
  assert.equal(await queue.empty(), false);
  assert.equal(await queue.get(), "a");
});

test("a producer that ends without waiting for its puts has lost none", async () => {
  const queue = new Queue<number>();
  const producer = new Process({ target: task(children, putAndLeave), args: [queue, 100] });
  await producer.start();
  await within(producer.join(), "the producer");
  assert.equal(producer.exitCode, 0);
  assert.deepEqual(
    await queue.getMany(1000),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test("an object without references is released", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { connection } = new Lock();
  /** How many of these the server has. */
  const known = async (handles: string[]) => {
    const answers = handles.map((handle) => connection.request("handle/exists", { handle }));
    return (await Promise.all(answers)).filter(({ exists }) => exists).length;
  };
  const handles = await (async () => {
    const queues = Array.from({ length: 50 }, () => new Queue());
    const all = queues.map(({ handle }) => handle);
    assert.equal(await known(all), 50);
    assert.equal(await queues[0]!.size(), 0);
    return all;
  })();
  await waitFor(
    async () => {
      collect();
      return (await known(handles)) === 0;
    },
    { what: "50 queues to be forgotten" },
  );
});
