import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { PolyprocError } from "polyproc";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { begins, double, echo, logged, setClusterStage } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

for (const [what, outageMs] of [
  ["shorter than the lease", 500],
  ["longer than the lease", 3500],
] as const) {
  test(`no task is lost or told twice when Redis is killed and returns after a time ${what}`, redis, async (t) => {
    const { stage, address, redis: store, log } = await setClusterStage(t);
    const pool = new stage.mp.Pool({ cluster: address });
    const items = Array.from({ length: 24 }, (_, n) => ({ n, log, ms: 100 }));
    const told: number[] = [];
    const results = (async () => {
      for await (const n of pool.imapUnordered(logged, items, { lookAhead: 24 })) told.push(n);
    })();
    await waitFor(() => told.length >= 4, { what: "the first results" });
    await store.kill();
    await delay(outageMs);
    await store.start();
    await within(results, "all results");
    assert.deepEqual(
      told.toSorted((a, b) => a - b),
      items.map(({ n }) => n),
    );
    assert.equal(await within(pool.apply(double, [4]), "a task afterwards"), 8);
    await pool.terminate();
  });
}

test("packs that Redis forgets are added again", redis, async (t) => {
  const { stage, redis: store, address, log, gate } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const items = Array.from({ length: 6 }, (_, n) => ({ n, log, until: gate }));
  const results = pool.map(logged, items, { chunkSize: 1 });
  await waitFor(() => begins(log).length === 2, { what: "two tasks" });
  await command(store, "flushall");
  await waitFor(() => begins(log).every(({ pid }) => !isLiving(pid)), { what: "the end of what has lost its lease" });
  writeFileSync(gate, "");
  assert.deepEqual(
    await within(results, "the map"),
    items.map(({ n }) => n),
  );
  await pool.terminate();
});

test("tasks wait while Redis is full, and none is lost", redis, async (t) => {
  const { stage, redis: store, address } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  assert.equal(await pool.apply(double, [1]), 2);
  await command(store, "config", "set", "maxmemory", "1");
  const results = pool.map(double, [1, 2, 3], { chunkSize: 1 });
  await waitFor(async () => /rejected_calls=[1-9]/.test(await command(store, "info", "commandstats")), {
    what: "a refusal of Redis",
  });
  assert.equal((await pool.status()).done, 1);
  await command(store, "config", "set", "maxmemory", "0");
  assert.deepEqual(await within(results, "the map"), [2, 4, 6]);
  await pool.terminate();
});

test("a Redis that is absent or drops keys is an error that says so", redis, async (t) => {
  const { mp } = await setStage(t);
  const fails = async (cluster: string, message: RegExp) => {
    const pool = new mp.Pool({ cluster });
    await assert.rejects(within(pool.apply(double, [1]), "the refusal"), (error) => {
      assert.ok(error instanceof PolyprocError);
      assert.equal(error.codeName, "ClusterUnavailable");
      assert.match(error.message, message);
      return true;
    });
    await pool.terminate();
  };
  const evicts = await TestRedis.start(t, ["--maxmemory-policy", "allkeys-lru"]);
  await fails(evicts.url(), /maxmemory-policy allkeys-lru/);
  await evicts.kill();
  await fails(evicts.url(), /does not answer: .*ECONNREFUSED/);
  const wrong = new mp.Pool({ cluster: "redis://user:secret@redis.example/0" });
  await assert.rejects(wrong.apply(double, [1]), (error) => {
    assert.match((error as Error).message, /redis.example is another machine, and redis: sends all in clear text/);
    assert.doesNotMatch((error as Error).message, /secret/);
    return true;
  });
  const refused = new mp.Pool({ cluster: evicts.url(), maxTasksPerChild: 3 });
  await assert.rejects(refused.apply(double, [1]), /maxTasksPerChild: the hosts of a cluster start their workers/);
});

test("large arguments and results go through the cluster, and leave nothing in Redis", redis, async (t) => {
  const { stage, address, redis: store } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const values = Array.from({ length: 4 }, (_, n) => Buffer.alloc(300_000, n + 1));
  const results = (await within(pool.map(echo, values, { chunkSize: 1 }), "the map")) as Uint8Array[];
  results.forEach((result, n) => assert.ok(values[n]!.equals(result)));
  await pool.terminate();
  await waitFor(async () => (await keys(store)).every((key) => /:(hosts|host:alpha)$/.test(key)), {
    what: "an empty store",
  });
});

test("cancelled tasks end on all hosts, those that wait at once", redis, async (t) => {
  const { stage, address, log, gate } = await setClusterStage(t);
  const pool = new stage.mp.Pool({ cluster: address });
  const controller = new AbortController();
  const results = pool.map(
    logged,
    Array.from({ length: 20 }, (_, n) => ({ n, log, until: gate })),
    { chunkSize: 1, returnExceptions: true, signal: controller.signal, graceMs: 0 },
  );
  await waitFor(() => begins(log).length === 4, { what: "tasks on both hosts" });
  controller.abort();
  const outcomes = await within(results, "the map");
  assert.ok(outcomes.every((outcome) => outcome instanceof PolyprocError && outcome.codeName === "Cancelled"));
  await waitFor(() => begins(log).every(({ pid }) => !isLiving(pid)), { what: "the end of the workers" });
  assert.equal(begins(log).length, 4);
  assert.equal(await within(pool.apply(double, [4]), "a task afterwards"), 8);
  await pool.terminate();
});

test("timeouts, retries and the limit of processes hold over all hosts", redis, async (t) => {
  const { stage, address, log, gate } = await setClusterStage(t);
  const pool = new stage.mp.Pool({ cluster: address, processes: 3 });
  const slow = await pool
    .apply(logged, [{ n: 0, log, until: gate }], { timeoutMs: 100, graceMs: 0, retries: 1 })
    .catch((error: unknown) => error);
  assert.ok(slow instanceof PolyprocError);
  assert.equal(slow.codeName, "TimedOut");
  assert.equal(begins(log).length, 2);
  const results = pool.map(
    logged,
    Array.from({ length: 9 }, (_, n) => ({ n: n + 1, log, until: gate })),
    { chunkSize: 1 },
  );
  await waitFor(() => begins(log).length === 5, { what: "three tasks" });
  await delay(300);
  assert.equal(begins(log).length, 5);
  writeFileSync(gate, "");
  assert.equal((await within(results, "the map")).length, 9);
  await pool.terminate();
});

for (const victim of ["client", "server of the client"] as const) {
  test(`the ${victim} is killed: its tasks end on all hosts, and its pool leaves the cluster`, redis, async (t) => {
    const { stage, address, redis: store, log, gate } = await setClusterStage(t, ["alpha"]);
    const other = await setStage(t);
    const pool = new other.mp.Pool({ cluster: address });
    const results = pool
      .map(
        logged,
        Array.from({ length: 6 }, (_, n) => ({ n, log, until: gate })),
        { chunkSize: 1, returnExceptions: true },
      )
      .catch(() => {});
    await waitFor(() => begins(log).length === 2, { what: "two tasks" });
    if (victim === "client") await other.mp.close();
    else other.server.process.kill("SIGKILL");
    await waitFor(() => begins(log).every(({ pid }) => !isLiving(pid)), { what: "the end of the workers" });
    await waitFor(async () => (await keys(store)).every((key) => /:(hosts|host:alpha)$/.test(key)), {
      what: "a cluster without the pool",
    });
    assert.equal(begins(log).length, 2);
    await results;
    const next = new stage.mp.Pool({ cluster: address });
    assert.equal(await within(next.apply(double, [4]), "a task of another client"), 8);
    await next.terminate();
  });
}

async function keys(store: TestRedis): Promise<string[]> {
  return (await command(store, "keys", "*")).split("\n").filter(Boolean);
}

async function command({ port }: TestRedis, ...words: string[]): Promise<string> {
  const child = spawn("redis-cli", ["-p", String(port), ...words], { stdio: ["ignore", "pipe", "ignore"] });
  let said = "";
  child.stdout.on("data", (data: Buffer) => (said += data.toString()));
  await new Promise((resolve) => child.once("close", resolve));
  return said;
}
