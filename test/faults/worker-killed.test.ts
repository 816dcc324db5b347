import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { task, WorkerLost } from "polyproc";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import { temporaryFolder } from "../temporary-folder.js";
import { setStage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./tasks.js", import.meta.url).href };
const doubleOrDie = task(meta, tasks.doubleOrDie);
const double = task(meta, tasks.double);
const spin = task(meta, tasks.spin);

/** The items 0 … count-1, of which one kills its worker. */
function items(count: number, deadly: number, unless?: string): tasks.Deadly[] {
  return Array.from({ length: count }, (_, n) =>
    n !== deadly ? { n } : unless === undefined ? { n, dies: true } : { n, dies: true, unless },
  );
}

for (const [chunks, count, chunkSize] of [
  ["one item each", 40, 1],
  ["eight items each", 40, 8],
  ["the default size", 100, undefined],
  ["thousands of items", 10_000, 5000],
] as const) {
  test(`a worker that is killed in a map fails its item alone: chunks of ${chunks}`, async (t) => {
    const { mp } = await setStage(t);
    const pool = new mp.Pool(2);
    const deadly = Math.floor(count / 3);
    const results = await within(
      pool.map(doubleOrDie, items(count, deadly), { chunkSize, returnExceptions: true }),
      "the map",
    );
    const failed = results.flatMap((result, index) => (result instanceof Error ? [{ index, error: result }] : []));
    assert.deepEqual(
      failed.map(({ index }) => index),
      [deadly],
    );
    const { error } = failed[0]!;
    assert.ok(error instanceof WorkerLost);
    assert.equal(error.signal, "SIGKILL");
    assert.equal(error.exitCode, null);
    assert.ok(error.pid > 0 && !isLiving(error.pid));
    assert.equal(error.stderr, `about to die at ${deadly}`);
    assert.match(
      error.message,
      /worker \d+ was killed by SIGKILL in the middle of the task; it last wrote: about to die at/,
    );
    assert.deepEqual(
      results.filter((result) => !(result instanceof Error)),
      Array.from({ length: count }, (_, n) => n * 2).filter((_, n) => n !== deadly),
    );
    // The pool is whole again.
    assert.deepEqual(await pool.map(double, [1, 2, 3, 4]), [2, 4, 6, 8]);
  });

  test(`with retries the item of a killed worker succeeds: chunks of ${chunks}`, async (t) => {
    const { mp } = await setStage(t);
    const pool = new mp.Pool(2);
    const results = await within(
      pool.map(doubleOrDie, items(count, 7, join(temporaryFolder(t), "tried")), { chunkSize, retries: 1 }),
      "the map",
    );
    assert.deepEqual(
      results,
      Array.from({ length: count }, (_, n) => n * 2),
    );
  });
}

test("a worker that is killed from outside fails its running task, even in an endless loop", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(2);
  const lost = pool.applyAsync(spin);
  // Before there are others: what a worker runs is told a little later.
  const spinning = await waitFor(
    async () => {
      const busy = (await stage.living()).filter((process) => process.task !== null);
      return busy.length === 1 ? busy[0]! : null;
    },
    { what: "one busy worker" },
  );
  const others = pool.map(
    double,
    Array.from({ length: 50 }, (_, n) => n),
    { chunkSize: 1 },
  );
  assert.equal((await within(others, "the others")).length, 50);
  process.kill(spinning.pid!, "SIGKILL");
  await assert.rejects(
    within(lost.get(), "the lost task"),
    (error) => error instanceof WorkerLost && error.pid === spinning.pid && error.signal === "SIGKILL",
  );
});

test("a worker that is killed between two tasks is replaced, and no task fails", async (t) => {
  const stage = await setStage(t);
  const pool = new stage.mp.Pool(2);
  await pool.map(double, [1, 2, 3, 4], { chunkSize: 1 });
  for (let round = 0; round < 5; round++) {
    const workers = (await stage.living()).filter((process) => process.role === "worker");
    assert.ok(workers.length > 0);
    for (const worker of workers) process.kill(worker.pid!, "SIGKILL");
    // The server may not have heard of it yet: what it gives to the dead is untouched, and goes to another.
    assert.deepEqual(await within(pool.map(double, [5, 6, 7, 8], { chunkSize: 1 }), "the next map"), [10, 12, 14, 16]);
  }
});

test("retries are counted: a task that kills every worker fails after the last", async (t) => {
  const { mp } = await setStage(t);
  const pool = new mp.Pool(1);
  const pids = new Set<number>();
  for (let i = 0; i < 2; i++) {
    await assert.rejects(
      within(pool.apply(doubleOrDie, [{ n: 1, dies: true }], { retries: 2 }), "the task"),
      (error) => {
        assert.ok(error instanceof WorkerLost);
        pids.add(error.pid);
        return true;
      },
    );
  }
  assert.equal(pids.size, 2);
  assert.equal(await pool.apply(double, [4]), 8);
});
