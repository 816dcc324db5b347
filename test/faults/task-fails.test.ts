import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { inspect } from "node:util";
import { PolyprocError, TaskFailed, task, TimedOut, WorkerLost, type Pool } from "polyproc";
import { within } from "../deadline.js";
import * as bad from "./bad-tasks.js";
import { setStage, type Stage } from "./stage.js";
import * as tasks from "./tasks.js";

const meta = { url: new URL("./bad-tasks.js", import.meta.url).href };
const pid = task(meta, bad.pid);

/** A pool of one worker, and a check that the same worker runs the next task, or that another one does. */
async function onePool(
  t: TestContext,
  args: readonly string[] = [],
): Promise<{ stage: Stage; pool: Pool; survived: () => Promise<boolean> }> {
  const stage = await setStage(t, args);
  const pool = new stage.mp.Pool(1);
  const first = await pool.apply(pid);
  return { stage, pool, survived: async () => (await within(pool.apply(pid), "the pool's next task")) === first };
}

async function failureOf(result: Promise<unknown>): Promise<unknown> {
  return within(result, "the failure").then(
    (value) => assert.fail(`it gave ${inspect(value)}`),
    (error: unknown) => error,
  );
}

test("an error that cannot be rebuilt, or whose properties throw, arrives with the readable parts", async (t) => {
  const { pool, survived } = await onePool(t);
  const error = await failureOf(pool.apply(task(meta, bad.throwFragile)));
  assert.ok(error instanceof TaskFailed);
  assert.equal(error.message, "Fragile: handle with care");
  const cause = error.cause as Error & { code?: unknown; call?: unknown };
  assert.ok(cause instanceof Error);
  assert.equal(cause.name, "Fragile");
  assert.equal(cause.message, "handle with care");
  assert.equal(cause.code, "E_FRAGILE");
  assert.equal(cause.call, undefined);
  assert.match(cause.stack!, /throwFragile/);
  assert.equal(error.data["language"], "javascript");
  assert.ok(await survived());
});

test("an error arrives with its causes, each of its own class, even if they form a cycle", async (t) => {
  const { pool, survived } = await onePool(t);
  const { cause } = (await failureOf(pool.apply(task(meta, bad.throwWithCauses)))) as TaskFailed;
  assert.ok(cause instanceof RangeError);
  assert.ok(cause.cause instanceof SyntaxError);
  const loop = (await failureOf(pool.apply(task(meta, bad.throwCauseLoop)))) as TaskFailed;
  assert.equal(loop.message, "Error: a snake");
  assert.equal(((loop.cause as Error).cause as Error).message, "its tail");
  assert.ok(await survived());
});

const thrown: [bad.Thrown, type: string, message: string][] = [
  ["string", "string", "just text"],
  ["undefined", "undefined", "undefined"],
  ["null", "null", "null"],
  ["number", "number", "42"],
  ["object", "object", '{"reason":"plain"}'],
  ["symbol", "symbol", "Symbol(odd)"],
  ["function", "function", "() => { }"],
  ["proxy", "object", "a value of type object that cannot be looked at"],
];

test("any thrown or rejected value, error or not, is reported as it is", async (t) => {
  const { pool, survived } = await onePool(t);
  for (const [what, type, message] of thrown) {
    for (const target of [task(meta, bad.throwOther), task(meta, bad.reject)]) {
      const error = await failureOf(pool.apply(target, [what]));
      assert.ok(error instanceof TaskFailed, `${what}: ${String(error)}`);
      assert.equal(error.data["type"], type, what);
      assert.equal(error.data["message"], message, what);
    }
  }
  const rejected = (await failureOf(pool.apply(task(meta, bad.reject), ["error"]))) as TaskFailed;
  assert.ok(rejected.cause instanceof TypeError && rejected.cause.message === "rejected");
  assert.ok(await survived());
});

test("an unhandled rejection, and an exception in a timer, fail the running task", async (t) => {
  const { pool, survived } = await onePool(t);
  assert.equal(((await failureOf(pool.apply(task(meta, bad.rejectBeside)))) as Error).message, "Error: nobody listens");
  assert.equal(((await failureOf(pool.apply(task(meta, bad.throwInTimer)))) as Error).message, "Error: from a timer");
  assert.ok(await survived());
});

test("endless recursion is an error like any other", async (t) => {
  const { pool, survived } = await onePool(t);
  const { cause } = (await failureOf(pool.apply(task(meta, bad.overflow), [0]))) as TaskFailed;
  assert.ok(cause instanceof RangeError);
  assert.ok(await survived());
});

test("process.exit in a task fails it with WorkerLost, with the exit code and the last output", async (t) => {
  const { pool, survived } = await onePool(t);
  const error = await failureOf(pool.apply(task(meta, bad.exit), [3]));
  assert.ok(error instanceof WorkerLost);
  assert.equal(error.exitCode, 3);
  assert.equal(error.signal, null);
  assert.equal(error.stderr, "leaving now");
  assert.match(error.message, /exited with code 3 in the middle of the task; it last wrote: leaving now/);
  const zero = (await failureOf(pool.apply(task(meta, bad.exit), [0]))) as WorkerLost;
  assert.equal(zero.exitCode, 0);
  assert.match(zero.message, /^worker \d+ exited with code 0 in the middle of the task/);
  assert.equal(await survived(), false);
});

test("a worker that aborts is lost with its signal", async (t) => {
  const { pool } = await onePool(t);
  const error = (await failureOf(pool.apply(task(meta, bad.abort)))) as WorkerLost;
  assert.ok(error instanceof WorkerLost, String(error));
  assert.equal(error.signal, "SIGABRT");
});

const limits = { timeoutMs: 100, graceMs: 100 };

test("a task that never returns, waiting or computing, fails with TimedOut; only its worker is replaced", async (t) => {
  const { stage } = await onePool(t);
  const pool = new stage.mp.Pool(2);
  const url = new URL("./tasks.js", import.meta.url).href;
  for (const target of [task({ url }, tasks.wait), task({ url }, tasks.spin)]) {
    const result = pool.applyAsync(target, [], limits);
    const beside = pool.applyAsync(pid);
    const error = await failureOf(result.get());
    assert.ok(error instanceof TimedOut, String(error));
    assert.match(error.message, /the task ran longer than its limit of 100 ms/);
    assert.ok((await beside) > 0);
    assert.ok((await within(pool.apply(pid), "the next task")) > 0);
  }
});

test("a task that listens to its signal is stopped by it, and keeps its worker", async (t) => {
  const { pool, survived } = await onePool(t);
  for (const target of [task(meta, bad.obey), task(meta, bad.obeyGladly)]) {
    const error = await failureOf(pool.apply(target, [], { timeoutMs: 50, graceMs: 10_000 }));
    assert.ok(error instanceof TimedOut, String(error));
  }
  assert.ok(await survived());
});

test("an item that exceeds its limit does not fail the rest of its chunk", async (t) => {
  const { pool } = await onePool(t);
  const url = new URL("./tasks.js", import.meta.url).href;
  const results = await within(
    pool.map(
      task({ url }, tasks.spinAt),
      [1, 2, 3, 4, 5].map((n) => ({ n, at: 3 })),
      // The other items take no time, but a busy machine may let their worker wait.
      { chunkSize: 5, returnExceptions: true, timeoutMs: 1000, graceMs: 0 },
    ),
    "the map",
  );
  assert.deepEqual(
    results.map((result) => (result instanceof Error ? (result as PolyprocError).codeName : result)),
    [1, 2, "TimedOut", 4, 5],
  );
});

const maxPayloadBytes = 1024 * 1024;
/** A server for messages up to that; one that fits into one frame is no exception. */
const smallPayloads = ["--max-payload-bytes", String(maxPayloadBytes), "--max-message-bytes", String(maxPayloadBytes)];

test("a result that cannot be sent fails its task, and the error has the path to the value", async (t) => {
  const { pool, survived } = await onePool(t, smallPayloads);
  for (const [target, what] of [
    [task(meta, bad.giveFunction), /function.*inside/s],
    [task(meta, bad.giveLoop), /self|cycle|circular/],
    [task(meta, bad.giveTrap), /never look at me/],
  ] as const) {
    const error = await failureOf(pool.apply(target));
    assert.ok(error instanceof TaskFailed, String(error));
    assert.match(error.message, what);
  }
  const large = await failureOf(pool.apply(task(meta, bad.giveMuch), [maxPayloadBytes]));
  assert.ok(large instanceof PolyprocError && large.codeName === "PayloadTooLarge", String(large));
  assert.ok(await survived());
});

test("an argument that cannot be sent fails its call alone, before anything is sent", async (t) => {
  const { pool, survived } = await onePool(t, smallPayloads);
  for (const chunkSize of [1, 4]) {
    const results = await within(
      pool.map(pid as never, [null, () => {}, null, 1] as never[], { chunkSize, returnExceptions: true }),
      "the map",
    );
    assert.ok((results[1] as unknown) instanceof TypeError, String(results[1]));
    assert.deepEqual(
      results.map((result) => typeof result),
      ["number", "object", "number", "number"],
    );
  }
  const large = await failureOf(
    pool.apply(task(meta, bad.giveMuch) as never, [new Uint8Array(maxPayloadBytes)] as never),
  );
  assert.ok(large instanceof PolyprocError && large.codeName === "PayloadTooLarge", String(large));
  assert.ok(await survived());
});

test("a chunk that is too large for one message is sent in several", async (t) => {
  const { pool } = await onePool(t, smallPayloads);
  const url = new URL("./tasks.js", import.meta.url).href;
  const items = Array.from({ length: 10 }, (_, n) => new Uint8Array(300 * 1024).fill(n));
  const results = await within(pool.map(task({ url }, tasks.complement), items, { chunkSize: 10 }), "the map");
  assert.deepEqual(
    results.map((bytes) => bytes.length === items[0]!.length && bytes[0]! ^ 0xff),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
});

test("a Process whose function throws exits with 1, and its standard error has the error", async (t) => {
  const stage = await setStage(t);
  for (const [target, args, code, text] of [
    [task(meta, bad.throwFragile), [], 1, /Fragile: handle with care/],
    [task(meta, bad.reject), ["error"], 1, /TypeError: rejected/],
    [task(meta, bad.throwOther), ["string"], 1, /just text/],
    [task(meta, bad.throwOther), ["proxy"], 1, /Process-/],
    [task(meta, bad.throwInTimer), [], 1, /from a timer/],
    [task(meta, bad.exit), [3], 3, /leaving now/],
    [task(meta, bad.abort), [], -6, /^/],
  ] as const) {
    const child = new stage.mp.Process({ target: target as never, args: args as never });
    await child.start();
    await within(child.join(), `the end of ${JSON.stringify(target)}`);
    assert.equal(child.exitCode, code, JSON.stringify(target));
    const { lines } = await stage.mp.connection.request("process/output", { process: child.handle });
    assert.match(lines.map((line) => line.text).join("\n"), text, JSON.stringify(target));
  }
});
