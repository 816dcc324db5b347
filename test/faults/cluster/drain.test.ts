import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { waitFor, within } from "../../deadline.js";
import { needs } from "../../tools/needs.js";
import { begins, double, hostsOf, logged, setClusterStage, startAgent } from "./cluster-stage.js";

const redis = needs("redis-server");

test("a draining agent ends its tasks, takes no more, and leaves", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t);
  const pool = new stage.mp.Pool({ cluster: address });
  const results = pool.map(
    logged,
    Array.from({ length: 12 }, (_, n) => ({ n, log, until: gate })),
    { chunkSize: 1 },
  );
  await waitFor(() => begins(log).length === 4, { what: "tasks on both hosts" });
  agents[0]!.process.kill("SIGTERM");
  await waitFor(async () => (await hostsOf(stage, address)).find(({ host }) => host === "alpha")?.draining, {
    what: "a host that drains",
  });
  writeFileSync(gate, "");
  assert.equal((await within(results, "the map")).length, 12);
  assert.equal(await agents[0]!.exited(), 0);
  assert.equal(begins(log).length, 12);
  assert.equal(begins(log).filter(({ agent }) => agent === agents[0]!.process.pid).length, 2);
  assert.deepEqual(
    (await hostsOf(stage, address)).map(({ host }) => host),
    ["beta"],
  );
  await stage.mp.connection.request("cluster/drain", { cluster: address, host: "beta" });
  assert.equal(await agents[1]!.exited(), 0);
  await pool.terminate();
});

test("an agent that is told twice to end gives its tasks to other hosts", redis, async (t) => {
  const { stage, address, agents, log, gate } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  const result = pool.apply(logged, [{ n: 1, log, until: gate }]);
  await waitFor(() => begins(log).length === 1, { what: "the task" });
  agents[0]!.process.kill("SIGTERM");
  await waitFor(async () => (await hostsOf(stage, address))[0]?.draining, { what: "a host that drains" });
  agents[0]!.process.kill("SIGTERM");
  assert.equal(await agents[0]!.exited(), 0);
  await startAgent(t, address, "beta");
  await waitFor(() => begins(log).length === 2, { what: "the task on the other host" });
  writeFileSync(gate, "");
  assert.equal(await within(result, "the result"), 1);
  await pool.terminate();
});

test("an agent that is told to end while Redis is down ends when Redis is back", redis, async (t) => {
  const { stage, address, redis: store, agents } = await setClusterStage(t, ["alpha"]);
  const pool = new stage.mp.Pool({ cluster: address });
  assert.equal(await within(pool.apply(double, [2]), "a task"), 4);
  await store.kill();
  // That takes ten seconds. By then the agent waits between two attempts to connect.
  await waitFor(
    () =>
      hostsOf(stage, address).then(
        () => false,
        () => true,
      ),
    { what: "a cluster that cannot be reached" },
  );
  agents[0]!.process.kill("SIGTERM");
  await store.start();
  assert.equal(await agents[0]!.exited(), 0);
  await pool.terminate();
});
