import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Pool, task, TaskFailed, type PoolTaskFailure } from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import * as functions from "../fixtures/functions.js";
import { functions as module } from "../fixtures/paths.js";

const meta = { url: module };
const double = task(meta, functions.double);
const failOdd = task(meta, functions.failOdd);

test("a pool tells when its workers start and end, those of another pool excepted", async () => {
  await using other = new Pool(1);
  await using pool = new Pool(2);
  const told: string[] = [];
  const heard = (what: string) => waitFor(() => told.includes(what), { what: `${what}, got ${told.join()}` });
  assert.equal(await pool.apply(double, [1]), 2);
  pool.events.on("workerStarted", ({ pid, name }) => told.push(`${name} ${pid > 0}`));
  pool.events.on("workerEnded", ({ name, exitCode, dismissed }) => told.push(`${name} ${exitCode} ${dismissed}`));
  // It ran before the pool had a listener.
  await heard("PoolWorker-1 true");
  await other.apply(double, [1]);
  await assert.rejects(
    pool.apply(() => process.kill(process.pid, "SIGKILL")),
    { name: "WorkerLost" },
  );
  await heard("PoolWorker-1 -9 false");
  await pool.apply(double, [2]);
  await heard("PoolWorker-2 true");
  await pool.terminate();
  await waitFor(() => told.length === 4, { what: `the end of the second worker, got ${told.join()}` });
  assert.match(told[3]!, /^PoolWorker-2 .* true$/);
});

test("a pool that has lost its listeners hears of its workers no more, and another still does", async () => {
  await using pool = new Pool(1);
  await using other = new Pool(1);
  const others: number[] = [];
  other.events.on("workerStarted", ({ pid }) => others.push(pid));
  const listener = () => assert.fail("it was removed");
  pool.events.on("workerStarted", listener);
  pool.events.off("workerStarted", listener);
  await pool.apply(double, [1]);
  const pid = await other.apply(() => process.pid);
  await waitFor(() => others.length > 0, { what: "the other pool's worker" });
  assert.deepEqual(others, [pid]);
});

test("each failure of a task is reported, with its place in the call", async () => {
  await using pool = new Pool(1);
  const failures: PoolTaskFailure[] = [];
  pool.events.on("taskFailed", (failure) => failures.push(failure));
  await pool.map(failOdd, [0, 1, 2, 3], { chunkSize: 1, returnExceptions: true });
  await assert.rejects(pool.map(double, [1, Symbol("no message has it") as never], { chunkSize: 1 }));
  assert.deepEqual(
    failures.map(({ index, count }) => [index, count]),
    [
      [1, 1],
      [3, 1],
      [1, 1],
    ],
  );
  assert.ok(failures[0]!.error instanceof TaskFailed && failures[0]!.pid > 0);
  assert.equal(failures[2]!.pid, 0);
});

test("a pool is idle when all its items have ended, and drains when there is room again after maxQueue", async () => {
  await using pool = new Pool({ processes: 1, maxQueue: 1 });
  const told: string[] = [];
  pool.events.on("drain", () => told.push("drain"));
  pool.events.on("idle", () => told.push("idle"));
  const idle = once(pool.events, "idle");
  const first = pool.applyAsync(double, [1]);
  const second = pool.applyAsync(double, [2]);
  assert.throws(() => pool.applyAsync(double, [3]), { name: "Full" });
  await within(Promise.all([first.get(), second.get(), idle]), "both results");
  assert.deepEqual(told, ["drain", "idle"]);
  // Below the limit there is nothing to drain.
  const again = once(pool.events, "idle");
  await pool.apply(double, [4]);
  await within(again, "idle again");
  assert.deepEqual(told, ["drain", "idle", "idle"]);
});
