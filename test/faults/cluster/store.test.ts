import assert from "node:assert/strict";
import { test } from "node:test";
import { PolyprocError } from "polyproc";
import { waitFor, within } from "../../deadline.js";
import { needs } from "../../tools/needs.js";
import { setStage } from "../stage.js";
import { double, echo, hostsOf, setClusterStage } from "./cluster-stage.js";
import { TestRedis } from "./redis.js";

const redis = needs("redis-server");

test("tasks wait while Redis is full, and none is lost", redis, async (t) => {
  const { stage, redis: store, address } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  assert.equal(await pool.apply(double, [1]), 2);
  await store.command("config", "set", "maxmemory", "1");
  const results = pool.map(double, [1, 2, 3], { chunkSize: 1 });
  await waitFor(async () => /rejected_calls=[1-9]/.test(await store.command("info", "commandstats")), {
    what: "a refusal of Redis",
  });
  assert.equal((await pool.status()).done, 1);
  await store.command("config", "set", "maxmemory", "0");
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
  await waitFor(async () => (await store.keys()).every((key) => /:(hosts|host:alpha)$/.test(key)), {
    what: "an empty store",
  });
});

test(
  "requests for the hosts share a connection, which is let go, and use a Redis that has come back",
  redis,
  async (t) => {
    const store = await TestRedis.start(t);
    const stage = await setStage(t);
    const hosts = () => hostsOf(stage, store.url());
    const connections = async () =>
      Number(/total_connections_received:(\d+)/.exec(await store.command("info", "stats"))![1]);
    const before = await connections();
    for (let i = 0; i < 5; i++) assert.deepEqual(await hosts(), []);
    // One of the hosts' requests, and one of the command that counts.
    assert.equal(await connections(), before + 2);
    await waitFor(async () => (await store.command("client", "list")).trim().split("\n").length === 1, {
      what: "the end of the idle connection",
    });
    assert.deepEqual(await hosts(), []);
    await store.kill();
    await assert.rejects(hosts(), /nothing listens there/);
    await store.start();
    assert.deepEqual(await hosts(), []);
    await store.kill();
    await store.start();
    assert.deepEqual(await hosts(), []);
  },
);
