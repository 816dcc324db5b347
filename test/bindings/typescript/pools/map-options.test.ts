import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { Cancelled, Event, Pool, task, TaskFailed, type Progress } from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import * as functions from "../fixtures/functions.js";
import { functions as module } from "../fixtures/paths.js";

const meta = { url: module };
const double = task(meta, functions.double);
const failOdd = task(meta, functions.failOdd);

/** Writes a file named after the item; then waits until the file `go` is there. Throws for item 0, at once. */
const mark = async ([folder, n]: [string, number]): Promise<number> => {
  const { existsSync, writeFileSync } = await import("node:fs");
  writeFileSync(`${folder}/${n}`, "");
  if (n === 0) throw new Error("the first");
  while (!existsSync(`${folder}/go`)) await new Promise((resolve) => setTimeout(resolve, 5));
  return n;
};

test("with failFast the first failure ends the call, and items that were not begun never run", async (t) => {
  await using pool = new Pool(2);
  const folder = temporaryFolder(t);
  const items = Array.from({ length: 50 }, (_, n): [string, number] => [folder, n]);
  // The other items wait for a file that never comes: only the failure can end the call, and free the workers.
  await assert.rejects(within(pool.map(mark, items, { chunkSize: 1, failFast: true, graceMs: 0 }), "the map"), {
    name: "TaskFailed",
    message: "item 0: Error: the first",
  });
  assert.equal(await within(pool.apply(double, [1]), "a worker"), 2);
  assert.ok((await readdir(folder)).length < 10);
});

test("without failFast all items run before the call fails", async (t) => {
  await using pool = new Pool(2);
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "go"), "");
  const items = Array.from({ length: 10 }, (_, n): [string, number] => [folder, n]);
  await assert.rejects(pool.map(mark, items, { chunkSize: 1 }), TaskFailed);
  assert.equal((await readdir(folder)).length, 11);
});

test("map reads an async iterable as its items are run, and gives the results in order", async () => {
  await using pool = new Pool(2);
  let read = 0;
  let done = 0;
  let furthest = 0;
  async function* items() {
    for (; read < 500; read++) {
      furthest = Math.max(furthest, read - done);
      yield read;
    }
  }
  const results = await pool.map(double, items(), { onProgress: (progress) => (done = progress.done) });
  assert.deepEqual(
    results,
    Array.from({ length: 500 }, (_, i) => 2 * i),
  );
  assert.ok(furthest < 200, `${furthest} items were read ahead`);
  assert.deepEqual(await pool.map(double, (async function* () {})()), []);
  const pairs = (async function* (): AsyncGenerator<[number, number]> {
    yield [1, 2];
    yield [3, 4];
  })();
  assert.deepEqual(await pool.starmap(task(meta, functions.add), pairs, { chunkSize: 2 }), [3, 7]);
});

test("a failure of the inputs is that of the call, and the inputs of a call that ends are left", async () => {
  await using pool = new Pool(2);
  await assert.rejects(
    pool.map(
      double,
      (async function* () {
        yield 1;
        throw new RangeError("no more");
      })(),
    ),
    RangeError,
  );
  let left = 0;
  async function* endless() {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      left++;
    }
  }
  await assert.rejects(pool.map(failOdd, endless(), { failFast: true }), {
    message: /^item \d+: TypeError: \d+ is odd$/,
  });
  await waitFor(() => left === 1);
  const result = pool.mapAsync(double, endless());
  result.cancel();
  await assert.rejects(result.get(), Cancelled);
  await waitFor(() => left === 2);
  const aborting = new AbortController();
  const aborted = pool.map(double, endless(), { signal: aborting.signal });
  aborting.abort("enough");
  await assert.rejects(aborted, { name: "Cancelled", cause: "enough" });
  await waitFor(() => left === 3);
});

test("onProgress hears of each report: how many items are done and failed, and how long they ran", async () => {
  await using pool = new Pool(1);
  const reports: Progress[] = [];
  const onProgress = (progress: Progress) => void reports.push(progress);
  const result = pool.mapAsync(failOdd, [0, 2, 3, 4], { chunkSize: 2, returnExceptions: true, onProgress });
  await result;
  const last = reports.at(-1)!;
  assert.deepEqual([last.done, last.failed, last.total], [4, 1, 4]);
  assert.equal(
    reports.reduce((sum, { count }) => sum + count, 0),
    4,
  );
  assert.ok(reports.every(({ pid, ms }) => pid > 0 && ms >= 0));
  assert.ok(result.runMs > 0);
  const seen: number[] = [];
  for await (const _ of pool.imap(double, [1, 2, 3], { onProgress: ({ done }) => seen.push(done) }));
  assert.deepEqual(seen, [1, 2, 3]);
});

test("failFast and returnExceptions exclude each other", async () => {
  await using pool = new Pool(1);
  await assert.rejects(pool.map(double, [1], { failFast: true, returnExceptions: true }), TypeError);
});

test("idle workers end after idleTimeoutMs, and minProcesses of them are there before the first call", async () => {
  await using pool = new Pool(3, { minProcesses: 1, idleTimeoutMs: 20 });
  const workers = async () => (await pool.status()).workers;
  await waitFor(async () => (await workers()) === 1);
  await pool.map(double, [1, 2, 3, 4], { chunkSize: 1 });
  await waitFor(async () => (await workers()) === 1);
  assert.equal(await pool.apply(double, [21]), 42);
});

test("waiting calls of a higher priority run first", async () => {
  await using pool = new Pool(1);
  const [begun, go] = [new Event(), new Event()];
  const first = pool.apply(
    async (begun: { set(): Promise<void> }, go: { wait(): Promise<boolean> }) => {
      await begun.set();
      return go.wait();
    },
    [begun, go],
  );
  await begun.wait();
  const order: string[] = [];
  const call = (name: string, priority: number) => pool.apply(double, [1], { priority }).then(() => order.push(name));
  const calls = [call("low", -1), call("usual", 0), call("high", 10)];
  // The answer comes after the server has the calls.
  await pool.status();
  await go.set();
  await Promise.all([first, ...calls]);
  assert.deepEqual(order, ["high", "usual", "low"]);
});
