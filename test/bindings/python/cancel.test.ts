import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { connect, PolyprocError, type Client } from "../../../bindings/typescript/index.js";
import { errorCodes } from "../../../protocol/errors.js";
import { waitFor, within } from "../../deadline.js";
import { root } from "../../fixture.js";
import { startUnixServer } from "../../server/server-process.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { TestHost } from "../typescript/host/harness.js";
import { reportTests } from "./python-tests.js";
import { pythonEnvironment } from "./run-python.js";
import { needs } from "../../tools/needs.js";

const fixtures = join(root, "test", "bindings", "python", "fixtures");
const of = (name: string) => ({ module: join(fixtures, "stoppable.py"), export: name });
/** Longer than any test: a task that is killed after this time did not learn of its cancellation. */
const graceMs = 60_000;

describe("a Python task that is to stop", needs("python3"), () => {
  const startHost = (t: TestContext) =>
    TestHost.start(t, { command: ["python3", join(root, "bindings/python/polyproc/host")], env: pythonEnvironment });

  describe("has its waits ended, each in its turn", () => reportTests("session_stop.py"));

  it("learns of it when it asks; the next task does not", async (t) => {
    const host = await startHost(t);
    const folder = temporaryFolder(t);
    const [one, two, three] = [
      host.apply(0, [join(folder, "one")]),
      host.apply(0, [join(folder, "two")]),
      host.apply(1),
    ];
    host.run([one, two, three], {
      targets: [
        { id: 0, target: of("until_told") },
        { id: 1, target: of("asks") },
      ],
    });
    await waitFor(() => existsSync(join(folder, "one")));
    host.send("worker/cancel", { seq: one.seq, reason: "TimedOut", from: 0 });
    await waitFor(() => existsSync(join(folder, "two")));
    for (const seq of [one.seq, three.seq, two.seq]) host.send("worker/cancel", { seq, reason: "Cancelled", from: 0 });
    await host.results(3);
    assert.deepEqual(
      host.told.map((told) => told.values),
      [["TimedOut"], ["Cancelled"], [null]],
    );
  });

  it("is not charged for the time of the item before it", async (t) => {
    const host = await startHost(t);
    const folder = temporaryFolder(t);
    const [started, gate] = [join(folder, "started"), join(folder, "gate")];
    const targets = [
      { id: 0, target: of("deaf") },
      { id: 1, target: of("asks") },
    ];

    // A cancellation that arrived while no thread read is there when the task asks.
    host.run([host.task(0, "starmap", [[started, gate, true]])], { targets });
    await waitFor(() => existsSync(started));
    host.send("worker/cancel", { seq: 0, reason: "TimedOut", from: 0 });
    await sent();
    writeFileSync(gate, "");
    await host.results(1);
    assert.deepEqual(
      host.told.map((told) => told.values),
      [["TimedOut"]],
    );

    // What the first item did not hear is not for the second, and not for the next task.
    const slow = host.task(
      0,
      "starmap",
      [
        [`${started}2`, `${gate}2`, false],
        [`${started}3`, `${gate}2`, true],
      ],
      { exact: true },
    );
    const next = host.task(1, "map", [1]);
    host.run([slow, next]);
    await waitFor(() => existsSync(`${started}2`));
    host.send("worker/cancel", { seq: slow.seq, reason: "TimedOut", from: 0 });
    await sent();
    writeFileSync(`${gate}2`, "");
    await host.results(3);
    assert.deepEqual(
      host.told.slice(1).map((told) => told.values),
      [["not asked"], [null], [null]],
    );
  });

  it("does not begin its other items when it is cancelled, and does when it timed out", async (t) => {
    const host = await startHost(t);
    const folder = temporaryFolder(t);
    const items = ["a", "b", "c"].map((name) => join(folder, name));
    const task = host.task(0, "map", items, { index: 40, job: "job:s1.7" });
    host.run([task], { targets: [{ id: 0, target: of("until_told") }] });
    await waitFor(() => existsSync(items[0]!));
    host.send("worker/cancel", { seq: task.seq, reason: "TimedOut", from: 0 });
    await waitFor(() => existsSync(items[1]!));
    host.send("worker/cancel", { seq: task.seq, reason: "TimedOut", from: 0 });
    host.send("worker/cancel", { seq: task.seq, reason: "Cancelled", from: 1 });
    await host.results(1);
    assert.deepEqual(
      host.told.flatMap((told) => told.values ?? told.error!.code),
      ["TimedOut", "Cancelled", errorCodes.Cancelled],
    );
    assert.equal(existsSync(items[2]!), false);
  });

  it("can ask for its job and index", async (t) => {
    const host = await startHost(t);
    const told = await host.outcomes(of("which"), (h) => [
      h.task(0, "map", [1, 2, 3], { job: "job:s1.7", index: 40 }),
      h.task(0, "map", [1, 2], { from: 1 }),
    ]);
    assert.deepEqual(
      told.flatMap((one) => one.values),
      [...[40, 41, 42].map((index) => ({ job: "job:s1.7", index })), { job: null, index: 1 }],
    );
  });

  async function client(t: TestContext): Promise<Client> {
    const { path } = await startUnixServer(t);
    const mp = await connect(`unix:${path}`);
    t.after(() => mp.close().catch(() => {}));
    return mp;
  }

  const failure = (promise: Promise<unknown>) =>
    within(
      promise.then(
        () => assert.fail("it did not fail"),
        (error: unknown) => error as PolyprocError,
      ),
      "a failure",
    );

  /** Cancels the call once it has begun. Its worker lives on. */
  async function cancelled(
    mp: Client,
    pool: InstanceType<Client["Pool"]>,
    name: string,
    args: (begun: unknown, seen: unknown) => unknown[],
  ): Promise<unknown> {
    const [begun, seen] = [new mp.Queue<number>(), new mp.Queue()];
    const over = new AbortController();
    const failed = failure(pool.apply(of(name), args(begun, seen), { signal: over.signal, graceMs }));
    const pid = await begun.get();
    over.abort();
    await failed;
    const told = await within(seen.get() as Promise<unknown>, `what the task saw: ${JSON.stringify(args(null, null))}`);
    assert.equal(await within(pool.apply(of("pid"), []), "the next task"), pid);
    return told;
  }

  /** What was sent is with the host then. */
  const sent = () => new Promise((resolve) => setImmediate(resolve));

  it("is interrupted in any wait, cleans up, and its worker lives on", async (t) => {
    const mp = await client(t);
    const pool = new mp.Pool(1);
    const lock = new mp.Lock();
    await lock.acquire();
    const semaphore = new mp.Semaphore(0);
    const [queue, full, unfinished] = [new mp.Queue<string>(), new mp.Queue(1), new mp.JoinableQueue()];
    await full.put(0);
    await unfinished.put(0);
    const [mine, its] = mp.Pipe();
    const things: [string, unknown][] = [
      ["lock", lock],
      ["semaphore", semaphore],
      ["event", new mp.Event()],
      ["queue", queue],
      ["put", full],
      ["pipe", its],
      ["poll", its],
      ["pipes", its],
      ["barrier", new mp.Barrier(2)],
      ["join", unfinished],
    ];
    for (const [how, thing] of things) {
      assert.deepEqual(
        await cancelled(mp, pool, "waits", (begun, seen) => [how, thing, begun, seen]),
        ["Cancelled", "Cancelled", "the task was cancelled"],
        how,
      );
    }
    // Nothing of it is left at the server.
    await lock.release();
    assert.equal(await lock.acquire({ block: false }), true);
    await queue.put("item");
    assert.equal(await queue.get({ timeoutMs: 1000 }), "item");
    assert.equal(await full.size(), 1);
    await mine.send("message");
    assert.equal(await its.recv(), "message");
    await semaphore.release();
    assert.equal(await semaphore.acquire({ block: false }), true);
  });

  it("is interrupted once: later waits are not interrupted", async (t) => {
    const mp = await client(t);
    const pool = new mp.Pool(1);
    const lock = new mp.Lock();
    await lock.acquire();
    assert.deepEqual(await cancelled(mp, pool, "swallows", (begun, seen) => [lock, begun, seen]), [false]);
  });

  it("is interrupted while another of its threads reads, and that thread is not", async (t) => {
    const mp = await client(t);
    const pool = new mp.Pool(1);
    const lock = new mp.Lock();
    await lock.acquire();
    assert.deepEqual(await cancelled(mp, pool, "waits_while_a_thread_reads", (begun, seen) => [lock, begun, seen]), [
      true,
    ]);
  });

  it("is cancelled like a coroutine if it is one", async (t) => {
    const mp = await client(t);
    const pool = new mp.Pool(1);
    const lock = new mp.Lock();
    await lock.acquire();
    assert.deepEqual(await cancelled(mp, pool, "sleeps", (begun, seen) => [begun, seen]), ["Cancelled"]);
    assert.deepEqual(await cancelled(mp, pool, "sleeps_in_loop", (begun, seen) => [begun, seen]), ["Cancelled"]);
    assert.deepEqual(await cancelled(mp, pool, "waits_in_aio", (begun, seen) => [lock, begun, seen]), ["Cancelled"]);
    await lock.release();
    assert.equal(await within(lock.acquire(), "the lock"), true);
    // Now another thread reads its connection.
    assert.deepEqual(await cancelled(mp, pool, "sleeps", (begun, seen) => [begun, seen]), ["Cancelled"]);
    assert.deepEqual(await cancelled(mp, pool, "waits", (begun, seen) => ["event", new mp.Event(), begun, seen]), [
      "Cancelled",
      "Cancelled",
      "the task was cancelled",
    ]);
  });

  it("fails with TimedOut at its limit, item by item, without a new worker", async (t) => {
    const mp = await client(t);
    const pool = new mp.Pool(1);
    const pid = await pool.apply(of("pid"), []);
    const late = await failure(pool.apply(of("until_told"), [], { timeoutMs: 50, graceMs }));
    assert.equal(late.codeName, "TimedOut");
    const [event, begun] = [new mp.Event(), new mp.Queue<[number, number]>()];
    const outcomes = await pool.starmap(
      of("waits_briefly"),
      [1, 2, 3].map((n) => [event, begun, n]),
      { chunkSize: 3, timeoutMs: 1000, graceMs, returnExceptions: true },
    );
    assert.deepEqual(
      outcomes.map((one) => (one as PolyprocError).codeName),
      ["TimedOut", "TimedOut", "TimedOut"],
    );
    assert.deepEqual(
      [await begun.get(), await begun.get(), await begun.get()],
      [1, 2, 3].map((n) => [pid, n]),
    );
    assert.equal(await pool.apply(of("pid"), []), pid);
  });

  it("runs to its end, like the next one, if the cancellation comes too late", async (t) => {
    const mp = await client(t);
    const pool = new mp.Pool(1);
    const pid = await pool.apply(of("pid"), []);
    for (let n = 0; n < 300; n++) {
      const over = new AbortController();
      const first = pool
        .apply(of("pid"), [], { signal: over.signal, graceMs })
        .catch((error: unknown) => (error as PolyprocError).codeName);
      const second = pool.apply(of("asks"), []);
      // At some point of its way there, its run, or its way back.
      if (n % 3 === 0) await Promise.resolve();
      else if (n % 3 === 1) await new Promise(setImmediate);
      over.abort(new PolyprocError("Cancelled", "too late"));
      assert.equal(await second, null);
      assert.ok([pid, "Cancelled"].includes((await first) as number | string));
    }
    assert.equal(await pool.apply(of("pid"), []), pid);
  });
});
