import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  Lock,
  Pool,
  task,
  Cancelled,
  PolyprocError,
  TargetNotFound,
  TaskFailed,
  TimedOut,
  WorkerLost,
} from "../../../../bindings/typescript/index.js";
import { waitFor, within } from "../../../deadline.js";
import { temporaryFolder } from "../../../temporary-folder.js";
import * as functions from "../fixtures/functions.js";
import { functions as module } from "../fixtures/paths.js";

const meta = { url: module };
const double = task(meta, functions.double);

test("apply gives the function's result, typed as it is declared", async () => {
  await using pool = new Pool(1);
  const product: number = await pool.apply(double, [21]);
  assert.equal(product, 42);
  const sum: number = await pool.apply(task(meta, functions.add), [1, 2]);
  assert.equal(sum, 3);
  // @ts-expect-error -- the function takes a number
  await pool.apply(double, ["x"]);
  assert.deepEqual(await pool.apply({ module, export: "echo" }, [1], { kwargs: { name: "kwargs" } }), [
    1,
    { name: "kwargs" },
  ]);
  assert.equal(await pool.apply(task(meta, functions.Adder), [3, 4]), 7);
});

test("self-contained functions are sent as text", async () => {
  await using pool = new Pool(1);
  assert.equal(await pool.apply((a: number, b: number) => a * b, [6, 7]), 42);
  await assert.rejects(
    pool.apply(() => double),
    { name: "TaskFailed", message: /double is not defined \(the function was sent as source text/ },
  );
});

test("many calls at once each get their own result", async () => {
  await using pool = new Pool(2);
  const results = Array.from({ length: 3000 }, (_, i) => pool.applyAsync(double, [i]));
  assert.deepEqual(
    await Promise.all(results),
    results.map((_, i) => i * 2),
  );
});

test("calls of different functions begin in the order in which they were made", async () => {
  await using pool = new Pool(1);
  const both = [task(meta, functions.turn), task(meta, functions.otherTurn)] as const;
  const turns = await Promise.all(
    Array.from({ length: 40 }, (_, i) => pool.applyAsync(both[(i * 7) % 3 === 0 ? 0 : 1]!)),
  );
  assert.deepEqual(
    turns,
    turns.map((_, i) => i),
  );
});

test("callbacks are called with the result or the error", async () => {
  await using pool = new Pool(1);
  const calls: unknown[] = [];
  const options = {
    callback: (value: unknown) => calls.push(value),
    errorCallback: (error: unknown) => calls.push((error as Error).name),
  };
  await pool.applyAsync(double, [1], options).wait();
  await pool.applyAsync(task(meta, functions.fail), ["x"], options).wait();
  assert.deepEqual(calls, [2, "TaskFailed"]);
});

test("the error that the function throws is the cause of TaskFailed, and the pool goes on", async () => {
  await using pool = new Pool(1);
  await assert.rejects(pool.apply(task(meta, functions.fail), ["too far"]), (error: TaskFailed) => {
    assert.ok(error instanceof TaskFailed && error instanceof PolyprocError);
    assert.ok(error.cause instanceof RangeError);
    assert.equal(error.cause.message, "too far");
    assert.match(error.cause.stack!, /at fail \(.*functions/);
    assert.equal((error.cause.cause as Error).name, "Failing");
    return true;
  });
  await assert.rejects(pool.apply(task(meta, functions.rejectLater)), { message: "Error: rejected" });
  await assert.rejects(pool.apply(task(meta, functions.throwText)), { message: "string: just text" });
  assert.equal(await pool.apply(double, [1]), 2);
});

test("arguments that cannot be sent fail their own call", async () => {
  await using pool = new Pool(1);
  const result = pool.applyAsync(task(meta, functions.echo), [() => 1]);
  assert.equal(await pool.apply(double, [1]), 2);
  await assert.rejects(result.get(), TypeError);
});

test("process.exit inside a task loses that task alone", async () => {
  await using pool = new Pool(1);
  const lost = pool.applyAsync(task(meta, functions.exit), [3]);
  const after = pool.applyAsync(double, [1]);
  await assert.rejects(lost.get(), (error: WorkerLost) => {
    assert.ok(error instanceof WorkerLost);
    assert.equal(error.exitCode, 3);
    assert.equal(error.signal, null);
    assert.ok(error.pid > 0);
    return true;
  });
  assert.equal(await after, 2);
});

test("a target that does not exist fails with TargetNotFound, and no worker crashes", async () => {
  await using pool = new Pool(1);
  await assert.rejects(
    pool.apply({ module: "/nowhere/job.mjs" }),
    (error) => error instanceof TargetNotFound && error.message === "module /nowhere/job.mjs does not exist",
  );
  await assert.rejects(pool.apply({ module, export: "nothing" }), TargetNotFound);
});

test("a task past its limit is asked to stop, then its worker is killed, and it fails with TimedOut", async () => {
  await using pool = new Pool(1);
  const polite = pool.apply(task(meta, functions.untilAborted), [], { timeoutMs: 20 });
  await assert.rejects(polite, TimedOut);
  const pid = await pool.apply(task(meta, functions.pid));
  const stubborn = pool.apply(task(meta, functions.spin), [60_000], { timeoutMs: 20, graceMs: 20 });
  await assert.rejects(stubborn, TimedOut);
  assert.notEqual(await pool.apply(task(meta, functions.pid)), pid);
});

test("a signal cancels its call and no other", async (t) => {
  await using pool = new Pool(1);
  const started = join(temporaryFolder(t), "started");
  const controller = new AbortController();
  const running = pool.apply(task(meta, functions.untilAborted), [started], { signal: controller.signal });
  await waitFor(() => existsSync(started));
  const queued = pool.applyAsync(double, [1], { signal: controller.signal });
  const other = pool.applyAsync(double, [2]);
  controller.abort(new Error("why"));
  await assert.rejects(running, { name: "Cancelled", cause: new Error("why") });
  await assert.rejects(queued.get(), { name: "Cancelled", cause: new Error("why") });
  assert.equal(await other, 4);
  await assert.rejects(pool.apply(double, [1], { signal: AbortSignal.abort() }), Cancelled);
});

test("a failing task is tried again as often as asked", async (t) => {
  await using pool = new Pool(1);
  const folder = temporaryFolder(t);
  const flaky = async (folder: string) => {
    const { readdirSync, writeFileSync } = await import("node:fs");
    const { length } = readdirSync(folder);
    writeFileSync(`${folder}/${length}`, "");
    if (length < 2) throw new Error(`try ${length}`);
    return length;
  };
  await assert.rejects(pool.apply(flaky, [folder], { retries: 1 }), { message: "Error: try 1" });
  assert.equal(await pool.apply(flaky, [folder], { retries: 1 }), 2);
});

test("initializer and initargs prepare each worker", async () => {
  await using pool = new Pool(1, { initializer: task(meta, functions.prepare), initargs: ["ready", 1] });
  assert.deepEqual(await pool.apply(task(meta, functions.whatWasPrepared)), ["ready", 1]);
});

test("an initializer that fails fails the tasks with its error", async () => {
  await using pool = new Pool({ processes: 1, initializer: task(meta, functions.throwText) });
  await assert.rejects(pool.apply(double, [1]), { name: "TaskFailed", message: /initializer .*just text/ });
});

test("with maxTasksPerChild each worker runs at most that many tasks", async () => {
  await using pool = new Pool(1, { maxTasksPerChild: 2 });
  const pids = await Promise.all(Array.from({ length: 6 }, () => pool.applyAsync(task(meta, functions.pid))));
  assert.equal(new Set(pids).size, 3);
});

test("close lets submitted tasks finish; join waits for the workers' end", async () => {
  const pool = new Pool(2);
  await assert.rejects(pool.join(), { name: "BadState" });
  const results = Array.from({ length: 50 }, (_, i) => pool.applyAsync(task(meta, functions.doubleLater), [i]));
  await pool.close();
  assert.throws(() => pool.applyAsync(double, [1]), {
    name: "BadState",
    message: /was closed: it takes no more calls/,
  });
  await pool.join();
  assert.deepEqual(
    results.map((result) => result.ready()),
    results.map(() => true),
  );
  assert.deepEqual(
    await Promise.all(results),
    results.map((_, i) => i * 2),
  );
});

test("terminate ends running and queued calls with Cancelled", async (t) => {
  const pool = new Pool(1);
  const started = join(temporaryFolder(t), "started");
  const running = pool.applyAsync(task(meta, functions.untilAborted), [started]);
  const queued = Array.from({ length: 10 }, () => pool.applyAsync(double, [1]));
  await waitFor(() => existsSync(started));
  await pool.terminate();
  for (const result of [running, ...queued])
    await assert.rejects(within<unknown>(result.get(), "the end of the call"), Cancelled);
  await pool.join();
});

test("locks can be handed to tasks", async () => {
  await using pool = new Pool(2);
  const lock = new Lock();
  const isLocked = (lock: Lock) => lock.locked();
  assert.equal(await pool.apply(isLocked, [lock]), false);
  await lock.acquire();
  assert.equal(await pool.apply(isLocked, [lock]), true);
  await lock.release();
});

test("one slow task among a thousand short ones delays none of them", async (t) => {
  await using pool = new Pool(2);
  const gate = join(temporaryFolder(t), "gate");
  // The short ones' speed is known, so that many are sent ahead.
  await Promise.all(Array.from({ length: 500 }, () => pool.applyAsync(double, [1])));
  const short = Array.from({ length: 500 }, () => pool.applyAsync(double, [1]));
  const slow = pool.applyAsync(task(meta, functions.blockUntil), [gate]);
  short.push(...Array.from({ length: 500 }, () => pool.applyAsync(double, [1])));
  await Promise.all(short);
  assert.equal(slow.ready(), false);
  writeFileSync(gate, "");
  assert.equal(await slow, "released");
});

test("calls of different functions that are made in one turn are run in their order by one worker", async (t) => {
  await using pool = new Pool(1);
  const file = join(temporaryFolder(t), "order");
  const one = task(meta, functions.append);
  const other = (path: string, text: string) => import("node:fs").then((fs) => fs.appendFileSync(path, `${text}\n`));
  const expected: string[] = [];
  const calls = [];
  for (let i = 0; i < 10; i++) {
    calls.push(pool.applyAsync(one, [file, `one ${i}`]), pool.applyAsync(other, [file, `other ${i}`]));
    calls.push(
      pool.applyAsync(one, [file, `again ${i}`], { retries: 1 }),
      pool.starmapAsync(one, [[file, `map ${i}`]]),
    );
    expected.push(`one ${i}`, `other ${i}`, `again ${i}`, `map ${i}`);
  }
  await Promise.all(calls);
  assert.deepEqual(readFileSync(file, "utf8").trimEnd().split("\n"), expected);
});
