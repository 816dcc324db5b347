import assert from "node:assert/strict";
import { test } from "node:test";
import { Event, Full, Pool, task } from "../../../../bindings/typescript/index.js";
import { within } from "../../../deadline.js";
import * as functions from "../fixtures/functions.js";
import { functions as module } from "../fixtures/paths.js";

const double = task({ url: module }, functions.double);
const waitFor = (event: { wait(): Promise<boolean> }) => event.wait();

test("with maxQueue a call beyond it fails with Full, and room() waits until one has ended", async () => {
  await using pool = new Pool(1, { maxQueue: 1 });
  const go = new Event();
  const calls = [pool.applyAsync(waitFor, [go]), pool.applyAsync(waitFor, [go])];
  assert.throws(() => pool.applyAsync(double, [1]), Full);
  await assert.rejects(pool.apply(double, [1]), { name: "Full", message: /2 calls.*maxQueue.*room\(\)/ });
  let hasRoom = false;
  const room = pool.room().then(() => (hasRoom = true));
  await pool.status();
  assert.equal(hasRoom, false);
  await go.set();
  await within(room, "room");
  assert.equal(await pool.apply(double, [1]), 2);
  await Promise.all(calls);
  // Calls that fail, or are cancelled, make room, too.
  for (let i = 0; i < 5; i++) {
    await assert.rejects(pool.apply(task({ url: module }, functions.failOdd), [1]));
    await assert.rejects(pool.apply(double, [1], { signal: AbortSignal.abort() }));
    await assert.rejects(pool.apply(double, [Symbol("no value") as unknown as number]), TypeError);
  }
  assert.deepEqual(await pool.map(double, [1, 2, 3]), [2, 4, 6]);
});

test("recordTiming gives histograms of how long tasks ran and waited", async () => {
  await using pool = new Pool({ processes: 1, recordTiming: true });
  assert.deepEqual(pool.timing.run, { count: 0, minMs: 0, meanMs: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
  const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await pool.map(sleep, [20, 20, 20], { chunkSize: 1 });
  const { run, wait } = pool.timing;
  assert.deepEqual([run.count, wait.count], [3, 3]);
  assert.ok(run.minMs >= 19 && run.minMs <= run.p50Ms && run.p50Ms <= run.maxMs, JSON.stringify(run));
  // The third waited for the first two.
  assert.ok(wait.maxMs >= 38, JSON.stringify(wait));
  await pool.apply(double, [1]);
  assert.equal(pool.timing.run.count, 4);
  await using other = new Pool(1);
  assert.throws(() => other.timing, { codeName: "BadState", message: /recordTiming/ });
});
