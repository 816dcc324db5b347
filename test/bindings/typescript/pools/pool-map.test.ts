import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  command,
  Lock,
  Pipe,
  Pool,
  Queue,
  task,
  TaskFailed,
  WorkerLost,
  type CommandResult,
} from "../../../../bindings/typescript/index.js";
import * as functions from "../fixtures/functions.js";
import { functions as module } from "../fixtures/paths.js";

const meta = { url: module };
const double = task(meta, functions.double);

test("map gives the results in the items' order, for any iterable and chunk size", async () => {
  await using pool = new Pool(2);
  const expected: number[] = Array.from({ length: 100 }, (_, i) => i * 2);
  const items = expected.map((_, i) => i);
  assert.deepEqual(await pool.map(double, items), expected);
  assert.deepEqual(await pool.map(double, new Set(items), { chunkSize: 7 }), expected);
  assert.deepEqual(await pool.map(double, items, { chunkSize: 1 }), expected);
  assert.deepEqual(await pool.map(double, []), []);
  const mixed = (x: number) => (x % 2 ? Promise.resolve(-x) : x);
  assert.deepEqual(await pool.map(mixed, [1, 2, 3]), [-1, 2, -3]);
});

test("starmap spreads its items over the arguments", async () => {
  await using pool = new Pool(2);
  const sums: number[] = await pool.starmap(task(meta, functions.add), [
    [1, 2],
    [3, 4],
  ]);
  assert.deepEqual(sums, [3, 7]);
});

test("map rejects with the failure of the first item that failed, after all are done", async () => {
  await using pool = new Pool(2);
  const result = pool.mapAsync(task(meta, functions.failOdd), [0, 2, 4, 5, 6, 7, 8], { chunkSize: 1 });
  await assert.rejects(
    result.get(),
    (error) => error instanceof TaskFailed && error.message === "item 3: TypeError: 5 is odd",
  );
});

test("with returnExceptions failures are among the results", async () => {
  await using pool = new Pool(2);
  const results = await pool.map(task(meta, functions.failOdd), [0, 1, 2, 3], { chunkSize: 2, returnExceptions: true });
  assert.deepEqual(
    results.map((one) => (one instanceof Error ? one.message : one)),
    [0, "TypeError: 1 is odd", 2, "TypeError: 3 is odd"],
  );
  assert.deepEqual(
    results.map((one) => ((one as unknown) instanceof TaskFailed ? (one as unknown as TaskFailed).index : null)),
    [null, 1, null, 3],
  );
});

test("the stack of a failure begins with the caller's await, and continues in the worker", async () => {
  await using pool = new Pool(2);
  const failing = task(meta, functions.failOdd);
  const calls: (() => PromiseLike<unknown>)[] = [
    () => pool.map(failing, [0, 1]),
    () => pool.mapAsync(failing, [0, 1]),
    () => pool.apply(failing, [1]),
    () => pool.applyAsync(failing, [1]).get(),
    () => Promise.all([pool.apply(failing, [0]), pool.applyAsync(failing, [1])]),
    () => pool.imap(failing, [1]).next(),
  ];
  async function caller(call: () => PromiseLike<unknown>): Promise<string> {
    try {
      await call();
    } catch (error) {
      return (error as Error).stack!;
    }
    return "";
  }
  for (const call of calls) {
    const [, ...lines] = (await caller(call)).split("\n");
    const frames = lines.filter((line) => !line.includes("Promise.all"));
    assert.match(frames[0]!, /^ {4}at async caller .*pool-map\.test/, String(call));
    const worker = frames.findIndex((line) => /^ {4}in worker \d+:$/.test(line));
    assert.match(frames[worker + 1]!, /^ {4}at failOdd .*functions/);
    assert.equal(frames.length, worker + 2);
    assert.doesNotMatch(lines.join(), /node:internal|[^t]\/bindings\/typescript\//);
  }
});

test("a worker that is killed in the middle of map fails only the item that it ran", async () => {
  await using pool = new Pool(2);
  const die = (x: number) => {
    if (x === 5) process.kill(process.pid, "SIGKILL");
    return x;
  };
  const results = await pool.map(
    die,
    Array.from({ length: 20 }, (_, i) => i),
    { chunkSize: 4, returnExceptions: true },
  );
  const lost = results[5];
  assert.ok(lost instanceof WorkerLost);
  assert.equal(lost.signal, "SIGKILL");
  assert.deepEqual(
    results.filter((_, i) => i !== 5),
    Array.from({ length: 20 }, (_, i) => i).filter((i) => i !== 5),
  );
});

test("an item past its limit fails alone, whether it stops when asked or not", async () => {
  await using pool = new Pool(1);
  const stuckSecond = (x: number) => {
    while (x === 1);
    return x;
  };
  // Items that do nothing are far from it, on a busy machine too; the second one ends by the limit alone, however late
  // that is noticed.
  const options = { chunkSize: 4, timeoutMs: 1000, returnExceptions: true } as const;
  const names = (results: unknown[]) => results.map((one) => (one instanceof Error ? one.name : one));
  assert.deepEqual(
    names(await pool.map(task(meta, functions.secondWhenAsked), [0, 1, 2, 3], { ...options, graceMs: 60_000 })),
    [0, "TimedOut", 2, 3],
  );
  assert.deepEqual(names(await pool.map(stuckSecond, [0, 1, 2, 3], { ...options, graceMs: 20 })), [
    0,
    "TimedOut",
    2,
    3,
  ]);
});

test("cancelling a map cancels what is not done", async () => {
  await using pool = new Pool(1);
  const controller = new AbortController();
  const result = pool.mapAsync(task(meta, functions.untilAborted), [undefined, undefined, undefined], {
    chunkSize: 1,
    signal: controller.signal,
    returnExceptions: true,
  });
  controller.abort();
  const results = await result;
  assert.equal(
    results.every((one) => one instanceof Cancelled),
    true,
  );
  assert.equal(await pool.apply(double, [1]), 2);
});

test("two hundred thousand numbers, and inputs larger than one message, come back complete", async () => {
  await using pool = new Pool(2);
  const numbers = Array.from({ length: 200_000 }, (_, i) => i);
  const doubled = await pool.map(double, numbers);
  assert.equal(doubled.length, numbers.length);
  assert.equal(
    doubled.every((x, i) => x === i * 2),
    true,
  );
  // 40 MiB, more than the window: most of it is encoded only as there is room.
  const buffers = Array.from({ length: 20 }, () => Buffer.alloc(2 << 20));
  assert.deepEqual(
    await pool.map(task(meta, functions.size), buffers, { chunkSize: 1 }),
    buffers.map((buffer) => buffer.length),
  );
});

test("several maps at once share the pool without mixing", async () => {
  await using pool = new Pool(2);
  const maps = Array.from({ length: 10 }, (_, n) =>
    pool.map(
      (x: number) => x,
      Array.from({ length: 50 }, (_, i) => n * 1000 + i),
      { chunkSize: 3 },
    ),
  );
  assert.deepEqual(
    (await Promise.all(maps)).map((values) => values[49]),
    Array.from({ length: 10 }, (_, n) => n * 1000 + 49),
  );
});

test("a command is mapped over items, with its result as data", async () => {
  await using pool = new Pool(2);
  const results: CommandResult[] = await pool.map(command("printf", ["<%s>", "{item}"]), ["a", "b c"]);
  assert.deepEqual(
    results.map(({ exitCode, stdout }) => ({ exitCode, stdout })),
    [
      { exitCode: 0, stdout: "<a>" },
      { exitCode: 0, stdout: "<b c>" },
    ],
  );
});

test("invalid sizes are refused at once", async () => {
  assert.throws(() => new Pool(0), /processes must be a whole number from 1 up; got 0/);
  assert.throws(() => new Pool({ processes: 1.5 }), RangeError);
  await using pool = new Pool(1);
  assert.throws(() => pool.mapAsync(double, [1], { chunkSize: 0 }), RangeError);
});

test("a pool or pipe that the server refuses fails each use with the reason, the first one, too", async () => {
  const reason = /pool\/create: processes: expected <=4096, got 5000/;
  await assert.rejects(new Pool(5000).map(double, [1]), reason);
  await assert.rejects(new Pool(5000).apply(double, [1]), reason);
  await assert.rejects(new Pool(5000).imap(double, [1]).next(), reason);
  await assert.rejects(new Pool(5000).close(), reason);
  const queue = new Queue<unknown>();
  await assert.rejects(queue.put(new Pool(5000)), reason);
  const [, second] = Pipe("no" as never);
  await assert.rejects(second.send(1, { timeoutMs: 1000 }), /pipe\/create: duplex/);
});

test("a worker's stack keeps the function's own frames beyond a call of this package", async () => {
  await using pool = new Pool(1);
  async function outer(lock: { use(action: () => void): Promise<void> }): Promise<void> {
    await lock.use(function inner() {
      throw new Error("deep");
    });
  }
  await assert.rejects(pool.apply(outer, [new Lock()]), (error) => {
    assert.match((error as Error).stack!, /in worker \d+:\n    at inner [^]*\n    at async outer /);
    assert.doesNotMatch((error as Error).stack!, /task-run/);
    return true;
  });
});
