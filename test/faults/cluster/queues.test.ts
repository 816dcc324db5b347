import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PolyprocError } from "polyproc";
import { runPython } from "../../bindings/python/run-python.js";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { setStage, type Stage } from "../stage.js";
import { consumes, notes } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

function queueOf({ mp }: Stage, cluster: string, maxSize = 0) {
  return new mp.Queue<number>({ name: "jobs", cluster, maxSize });
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await within(
    promise.catch((error: unknown) => error),
    "the refusal",
  );
  assert.ok(error instanceof PolyprocError, String(error));
  return error.codeName;
}

/** Two servers, a client of each, and a Redis. */
async function stages(test: Parameters<typeof setStage>[0], lease = 10, args: string[] = []) {
  const [store, here, there] = await Promise.all([TestRedis.start(test, args), setStage(test), setStage(test)]);
  return { store, here, there, address: store.url(`lease=${lease}`) };
}

test("two servers share a queue by name: in order, each item once, with limits and timeouts", redis, async (t) => {
  const { store, here, there, address } = await stages(t);
  const [mine, theirs] = [queueOf(here, address, 3), queueOf(there, address, 3)];
  const waiting = theirs.get();
  await mine.put(0);
  assert.equal(await within(waiting, "the item of another server"), 0);
  assert.equal(await codeOf(theirs.get({ block: false })), "Empty");
  assert.equal(await codeOf(theirs.get({ timeoutMs: 20 })), "Empty");
  await mine.putMany([1, 2, 3]);
  assert.equal(await codeOf(theirs.put(4, { block: false })), "Full");
  assert.equal(await codeOf(theirs.put(4, { timeoutMs: 20 })), "Full");
  assert.equal(await theirs.full(), true);
  const stored = theirs.put(4);
  await waitFor(async () => (await mine.size()) === 3, { what: "a full queue" });
  assert.deepEqual(await mine.getMany(2), [1, 2]);
  await within(stored, "the put that waited for room");
  assert.deepEqual([await mine.get(), await theirs.get()], [3, 4]);
  // Many items and consumers: each gets some, none twice.
  const all = Array.from({ length: 400 }, (_, n) => n);
  const put = mine.putMany(all);
  let count = 0;
  const consumed = async (queue: typeof mine) => {
    const got: number[] = [];
    while (count < all.length) {
      const some = await queue.getMany(5, { timeoutMs: 50 }).catch((error: unknown) => {
        assert.ok(error instanceof PolyprocError && error.codeName === "Empty", String(error));
        return [];
      });
      count += some.length;
      got.push(...some);
    }
    return got;
  };
  const consumers = [queueOf(here, address), theirs].map(consumed);
  const [some, others] = await within(Promise.all(consumers), "all items");
  await put;
  assert.deepEqual(
    [...some!, ...others!].toSorted((a, b) => a - b),
    all,
  );
  const local = new here.mp.Lock();
  assert.equal(await codeOf(mine.put(local as never)), "BadState");
  assert.equal(await codeOf(new here.mp.JoinableQueue({ name: "other", cluster: address }).put(1)), "BadState");
  assert.equal(await codeOf(new here.mp.Queue({ cluster: address }).put(1)), "InvalidParams");
  await Promise.all([here.mp.close(), there.mp.close()]);
  await waitFor(async () => (await store.keys()).every((key) => key.endsWith(":state")), { what: "an empty store" });
});

test(
  "items stay when their producer and its server die, and a loop gives back what it did not use",
  redis,
  async (t) => {
    const { here, there, address } = await stages(t);
    await queueOf(here, address).putMany([1, 2, 3, 4, 5, 6]);
    process.kill(here.server.process.pid!, "SIGKILL");
    const queue = queueOf(there, address);
    const seen: number[] = [];
    for await (const item of queue) {
      seen.push(item);
      if (item === 3) break;
    }
    assert.deepEqual(seen, [1, 2, 3]);
    assert.deepEqual(await queue.getMany(10), [4, 5, 6]);
  },
);

for (const victim of ["process", "server"] as const) {
  test(`a consumer whose ${victim} is killed loses at most the item that it was handed`, redis, async (t) => {
    const { here, there, address } = await stages(t, 1);
    const log = join(temporaryFolder(t), "log");
    const consumer = new here.mp.Process({ target: consumes, args: [{ cluster: address, log }] });
    await consumer.start();
    const queue = queueOf(there, address);
    const put = (async () => {
      for (let n = 0; n < 300; n++) await queue.put(n);
    })();
    await waitFor(() => notes(log).length >= 50, { what: "a consumer at work" });
    process.kill(victim === "server" ? here.server.process.pid! : consumer.pid!, "SIGKILL");
    await within(put, "all puts");
    await waitFor(() => !isLiving(consumer.pid!), { what: "the end of the consumer" });
    const rest: number[] = [];
    // What was in the hand of the server comes back when its lease has ended.
    await waitFor(
      async () => {
        rest.push(...(await queue.getMany(1000, { timeoutMs: 1500 }).catch(() => [])));
        return (await queue.size()) === 0;
      },
      { what: "the rest" },
    );
    const all = [...notes(log).map(({ n }) => n), ...rest];
    assert.equal(new Set(all).size, all.length, "an item came twice");
    assert.ok(all.length >= 299, `${300 - all.length} items were lost`);
  });
}

test("a queue outlives Redis: requests wait, and each item comes once, in order", redis, async (t) => {
  const { store, here, there, address } = await stages(t, 10, ["--appendfsync", "always"]);
  const [mine, theirs] = [queueOf(here, address), queueOf(there, address)];
  const got: number[] = [];
  const all = (async () => {
    while (got.length < 200) got.push(await theirs.get());
  })();
  const put = (async () => {
    for (let n = 0; n < 200; n++) await mine.put(n);
  })();
  await waitFor(() => got.length >= 50, { what: "some items" });
  await store.kill();
  assert.equal(await codeOf(queueOf(there, address).get({ timeoutMs: 20 })), "Empty");
  await store.start();
  await within(Promise.all([put, all]), "all items");
  assert.deepEqual(
    got,
    Array.from({ length: 200 }, (_, n) => n),
  );
});

test("items that are not signed with the cluster's key are refused and taken out", redis, async (t) => {
  const { here, there, address } = await stages(t);
  const keyFile = join(temporaryFolder(t), "key");
  writeFileSync(keyFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
  const signed = `${address}&keyFile=${keyFile}`;
  await queueOf(here, address).put(1);
  await queueOf(there, signed).put(2);
  const reader = new (await there.connect()).Queue({ name: "jobs", cluster: signed });
  assert.equal(await codeOf(reader.get()), "NotTrusted");
  assert.equal(await reader.get(), 2);
});

const program = `
import asyncio, queue, sys
import polyproc
import polyproc.aio

address = sys.argv[1]
if __name__ == "__main__":
    jobs = polyproc.Queue(2, name="python", cluster=address)
    jobs.put({"n": 1})
    jobs.put((2, b"x"))
    try:
        jobs.put(3, timeout=0.05)
    except queue.Full:
        print("full", jobs.qsize())
    other = polyproc.aio.Queue(name="python", cluster=address)
    print(asyncio.run(other.get()), jobs.get())
    try:
        jobs.get(timeout=0.05)
    except queue.Empty:
        print("empty")
    try:
        polyproc.JoinableQueue(name="other", cluster=address).put(1)
    except polyproc.PolyprocError as error:
        print(error.name)
`;

test("Python's queues are of the cluster, too", needs("redis-server", "python3"), async (t) => {
  const store = await TestRedis.start(t);
  const { stdout } = await within(runPython(["-c", program, store.url()]), "the program");
  assert.equal(stdout, "full 2\n{'n': 1} (2, b'x')\nempty\nBadState\n");
});
