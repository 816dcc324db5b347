import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { waitFor, within } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { needs } from "../../tools/needs.js";
import { begins, double, logged, setClusterStage } from "./cluster-stage.js";

const redis = needs("redis-server");

for (const [what, outageMs] of [
  ["shorter than the lease", 500],
  // Longer than idle workers of BullMQ wait for their next job, too.
  ["longer than the lease", 6000],
  ["longer than the lease and two beats of the hosts", 9000],
] as const) {
  test(`no task is lost or told twice when Redis is killed and returns after a time ${what}`, redis, async (t) => {
    const { stage, address, redis: store, log } = await setClusterStage(t, ["alpha", "beta"], { lease: 2 });
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
  const { stage, redis: store, address, log, gate } = await setClusterStage(t, ["alpha"], { lease: 2 });
  const pool = new stage.mp.Pool({ cluster: address });
  const items = Array.from({ length: 6 }, (_, n) => ({ n, log, until: gate }));
  const results = pool.map(logged, items, { chunkSize: 1 });
  await waitFor(() => begins(log).length === 2, { what: "two tasks" });
  await store.command("flushall");
  await waitFor(() => begins(log).every(({ pid }) => !isLiving(pid)), { what: "the end of what has lost its lease" });
  writeFileSync(gate, "");
  assert.deepEqual(
    await within(results, "the map"),
    items.map(({ n }) => n),
  );
  await pool.terminate();
});
