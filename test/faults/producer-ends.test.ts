import assert from "node:assert/strict";
import { test } from "node:test";
import { task } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const putAndEnd = task(meta, tasks.putAndEnd);
const fiveMegabytes = 5_000_000;

const endings: [tasks.PutEnding, title: string, exitCode: number][] = [
  ["returns", "a child can be joined before its queue is drained, and nothing is lost", 0],
  ["does not wait", "an item whose put the producer did not wait for is not lost when its function returns", 0],
  ["exits", "nothing is lost when a producer calls process.exit right after put", 0],
  ["dies", "nothing is lost when a producer is killed right after put", -9],
];

for (const [ending, title, exitCode] of endings) {
  test(title, async (t) => {
    const { mp } = await setStage(t);
    const queue = new mp.Queue<Uint8Array>();
    const producer = new mp.Process({ target: putAndEnd, args: [queue, fiveMegabytes, ending] });
    await producer.start();
    await within(producer.join(), "the producer's end");
    assert.equal(producer.exitCode, exitCode);
    assert.equal(await queue.size(), 1);
    const item = await within(queue.get(), "the item");
    assert.deepEqual(Buffer.from(item), Buffer.alloc(fiveMegabytes, 7));
  });
}

test("a producer that is killed during a put leaves complete items only, and the queue still works", async (t) => {
  const { mp } = await setStage(t);
  const queue = new mp.Queue<Uint8Array>();
  const producer = new mp.Process({ target: task(meta, tasks.putForEver), args: [queue, fiveMegabytes] });
  await producer.start();
  await waitFor(async () => (await queue.size()) >= 3);
  await producer.kill();
  await producer.join();
  const size = await queue.size();
  for (let n = 0; n < size; n++) assert.deepEqual(Buffer.from(await queue.get()), Buffer.alloc(fiveMegabytes, n));
  assert.equal(await queue.empty(), true);
  await queue.put(new Uint8Array([1]));
  assert.deepEqual([...(await within(queue.get(), "a new item"))], [1]);
});

/** Returns once one request waits for the queue of this server. */
async function oneWaits({ connection }: Stage["mp"], what: string): Promise<void> {
  const isAwaited = async () => {
    const { sync } = await connection.request("events/sync", {});
    return sync.some(({ kind, waiters }) => kind === "queue" && waiters.length === 1);
  };
  await waitFor(isAwaited, { what });
}

test("a producer that waits for space ends as soon as a consumer makes some", async (t) => {
  const { mp } = await setStage(t);
  const queue = new mp.Queue<Uint8Array>(1);
  await queue.put(new Uint8Array([1]));
  const producer = new mp.Process({ target: putAndEnd, args: [queue, 1, "returns"] });
  await producer.start();
  await oneWaits(mp, "a producer that waits for room");
  assert.equal(await producer.isAlive(), true);
  assert.deepEqual([...(await queue.get())], [1]);
  await within(producer.join(), "the producer's end");
  assert.deepEqual([...(await queue.get())], [7]);
});

test("a consumer that is killed while it waits loses no item", async (t) => {
  const { mp } = await setStage(t);
  const queue = new mp.Queue<string>();
  const consumer = new mp.Process({ target: task(meta, tasks.getOne), args: [queue] });
  await consumer.start();
  await oneWaits(mp, "a consumer that waits");
  await consumer.kill();
  await consumer.join();
  await queue.put("for the living");
  assert.equal(await within(queue.get(), "the item"), "for the living");
});
