import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { PolyprocError } from "polyproc";
import { setTimeout as delay } from "node:timers/promises";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { needs } from "../../tools/needs.js";
import { begins, double, logged, setClusterStage } from "./cluster-stage.js";

const redis = needs("redis-server");

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
    .apply(logged, [{ n: 0, log, until: gate }], { timeoutMs: 1000, graceMs: 0, retries: 1 })
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
