import assert from "node:assert/strict";
import { test } from "node:test";
import { PolyprocError } from "../../../protocol/errors.js";
import { parseClusterAddress } from "../../../server/cluster/address.js";
import { Queues } from "../../../server/cluster/queues.js";
import { waitFor, within } from "../../deadline.js";
import { TestRedis } from "../../faults/cluster/redis.js";
import { needs } from "../../tools/needs.js";

const redis = needs("redis-server");
const bytes = (...texts: string[]) => texts.map((text) => Buffer.from(text));
const texts = (items: readonly (Uint8Array | PolyprocError)[]) =>
  items.map((item) => (item instanceof PolyprocError ? item.codeName : Buffer.from(item).toString()));

/** A server that uses queues. */
function user(test: { after(clean: () => Promise<void>): void }, address: string) {
  const queues = new Queues(parseClusterAddress(address, null), () => {});
  const queue = queues.open("jobs");
  let closed = false;
  const end = async () => {
    if (!closed) queue.close(Promise.resolve());
    closed = true;
    await queues.end();
  };
  test.after(end);
  return { queue, end };
}

test("what a server took and did not keep goes back in order, when its lease ends or it leaves", redis, async (t) => {
  const store = await TestRedis.start(t);
  const [a, b, c] = ["1", "20", "20"].map((lease) => user(t, store.url(`lease=${lease}`)));
  assert.equal(await c!.queue.store(bytes("1", "2", "3", "4", "5"), 0, 1000), 5);
  assert.deepEqual(texts(await a!.queue.take(2, false)), ["1", "2"]);
  assert.deepEqual(texts(await b!.queue.take(1, false)), ["3"]);
  assert.equal((await c!.queue.status()).size, 5);
  // The lease of the first ends; no other client asks.
  const waiting = (await store.keys()).find((key) => key.endsWith(":jobs:items"))!;
  await waitFor(
    async () => {
      // Redis looks for leases that ended when a server asks.
      await c!.queue.status();
      return Number(await store.command("llen", waiting)) > 2;
    },
    { what: "the items of a lease that ended", intervalMs: 100 },
  );
  assert.deepEqual(texts(await c!.queue.take(9, true)), ["1", "2", "4", "5"]);
  assert.ok(await c!.queue.settle(0));
  assert.equal(await a!.queue.settle(2), false);
  await b!.end();
  assert.deepEqual(texts(await c!.queue.take(9, false)), ["3", "1", "2", "4", "5"]);
  assert.equal(await c!.queue.settle(1), true);
  assert.equal(await c!.queue.settle(1), true, "a message that is sent again changes nothing");
  await c!.queue.giveBack(bytes("0"));
  assert.deepEqual(texts(await c!.queue.take(2, false)), ["0", "1"]);
  assert.equal((await c!.queue.status()).size, 5);
  assert.equal(await c!.queue.settle(0), true);
  await Promise.all([a!.end(), c!.end()]);
});

test("a Redis without memory gives items and takes items back, and stores again when it has room", redis, async (t) => {
  const store = await TestRedis.start(t);
  const { queue, end } = user(t, store.url());
  await queue.store(bytes("1", "2"), 0, 1000);
  await store.command("config", "set", "maxmemory", "1");
  const stored = queue.store(bytes("3"), 0, 1000);
  assert.deepEqual(texts(await within(queue.take(2, true), "items of a full Redis")), ["1", "2"]);
  assert.equal(await queue.settle(1), true);
  await store.command("config", "set", "maxmemory", "0");
  assert.equal(await within(stored, "the item that waited for memory"), 1);
  await queue.giveBack(bytes("1"));
  assert.deepEqual(texts(await queue.take(9, false)), ["1", "2", "3"]);
  await end();
});
