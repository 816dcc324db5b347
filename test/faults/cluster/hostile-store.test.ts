import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Queue } from "bullmq";
import { PolyprocError } from "polyproc";
import { waitFor, within } from "../../deadline.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { allowTasks, begins, double, logged, setClusterStage, startAgent } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

/** A pool's queue in Redis, as another program with the store's password sees it. */
function queueOf(t: TestContext, store: TestRedis, pool: string): Queue {
  const queue = new Queue(pool, { prefix: "pp:{main}", connection: { host: "127.0.0.1", port: store.port } });
  t.after(() => queue.close());
  return queue;
}

async function poolsIn(store: TestRedis): Promise<string[]> {
  return (await store.command("hkeys", "pp:{main}:pools")).split("\n").filter(Boolean);
}

test("a pack that is added again is reported once, and is not trusted in another pool", redis, async (t) => {
  const folder = temporaryFolder(t);
  const key = join(folder, "key");
  writeFileSync(key, "0123456789abcdef0123456789abcdef\n", { mode: 0o600 });
  const store = await TestRedis.start(t);
  const { mp } = await setStage(t);
  const address = store.url(`lease=10&keyFile=${key}`);
  const pool = new mp.Pool({ cluster: address });
  const log = join(folder, "log");
  const told: number[] = [];
  const results = (async () => {
    for await (const n of pool.imapUnordered(logged, [{ n: 1, log }])) told.push(n);
  })();
  const id = await waitFor(async () => (await poolsIn(store))[0], { what: "the pool" });
  const queue = queueOf(t, store, id);
  const waiting = await waitFor(async () => (await queue.getWaiting())[0], { what: "the pack" });
  const { name, data, opts } = waiting;
  await startAgent(t, address, "alpha", ["-j", "1", ...allowTasks]);
  await within(results, "the result");
  const other = new mp.Pool({ cluster: address });
  assert.equal(await within(other.apply(double, [2]), "a task of another pool"), 4);
  const otherId = (await poolsIn(store)).find((pool) => pool !== id)!;
  for (const each of [queue, queueOf(t, store, otherId)]) {
    await each.add(name, data, { ...opts, jobId: waiting.id! });
    await waitFor(async () => (await each.getJobCountByTypes("wait", "active")) === 0, { what: "its end" });
  }
  // The pool's own replay may run again; in the other pool the signature does not fit.
  assert.ok(begins(log).length <= 2);
  assert.equal(await within(pool.apply(double, [3]), "a task afterwards"), 6);
  assert.equal(await within(other.apply(double, [4]), "a task of the other pool afterwards"), 8);
  assert.deepEqual(told, [1]);
  await pool.terminate();
  await other.terminate();
});

test("an agent leaves the pools of another major version of the protocol alone", redis, async (t) => {
  const { stage, redis: store, address, log } = await setClusterStage(t, []);
  const pool = new stage.mp.Pool({ cluster: address });
  const result = pool.apply(logged, [{ n: 1, log }]);
  const id = await waitFor(async () => (await poolsIn(store))[0], { what: "the pool" });
  const record = await store.command("hget", "pp:{main}:pools", id);
  const other = JSON.stringify({ ...JSON.parse(record), protocol: "99.0" });
  await store.command("hset", "pp:{main}:pools", id, other);
  await startAgent(t, address, "alpha");
  const own = new stage.mp.Pool({ cluster: address });
  assert.equal(await within(own.apply(double, [2]), "a task of this version"), 4);
  assert.deepEqual(begins(log), []);
  await store.command("hset", "pp:{main}:pools", id, record.trim());
  await store.command("publish", "pp:{main}:changes", '{"kind":"pools"}');
  assert.equal(await within(result, "the task after the upgrade"), 1);
  await pool.terminate();
  await own.terminate();
});

test("a store that is too old for a cluster is refused with its version", async (t) => {
  // Answers each command with what Redis 6.0 says of itself.
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const answer = "$47\r\n# Server\r\nredis_version:6.0.16\r\naof_enabled:1\r\n\r\n";
    socket.on("data", (data: Buffer) => {
      const commands = data.toString().match(/^\*\d+\r$/gm)?.length ?? 0;
      socket.write(answer.repeat(commands));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { mp } = await setStage(t);
  const cluster = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const use of [
    (): Promise<unknown> => new mp.Pool({ cluster }).apply(double, [1]),
    () => new mp.Lock({ name: "deploy", cluster }).acquire(),
  ]) {
    const error = await within(use(), "the refusal").catch((error: unknown) => error);
    assert.ok(error instanceof PolyprocError, String(error));
    assert.equal(error.codeName, "ClusterUnavailable");
    assert.match(error.message, /Redis 6\.0\.16; a cluster needs 6\.2 or newer/);
  }
});
