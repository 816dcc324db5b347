import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test, type TestContext } from "node:test";
import { connect, PolyprocError, type Client } from "../../bindings/typescript/index.js";
import { waitFor, within } from "../deadline.js";
import { isLiving } from "../living.js";
import { startServer } from "../server/server-process.js";
import { temporaryFolder } from "../temporary-folder.js";
import { needs } from "../tools/needs.js";
import type { ToolName } from "../tools/tools.js";

/** A runtime, as this suite sees it. */
export interface RuntimeUnderTest {
  name: string;
  /** The file with the suite's functions, in its language. */
  module: string;
  /** What the server needs to start it. */
  serverOptions?: string[];
  /** The text of a function that doubles a number, when it runs such texts. */
  source: string | null;
  /** Whether its functions hear that they are to stop; otherwise their workers are killed. */
  hearsCancel: boolean;
  /** Without these there is no such runtime. */
  needs?: ToolName[];
}

/**
 * What every worker host must do, however it is written: each test is a sentence of docs/worker-host.md or of SPEC.md.
 */
export function conformance(runtime: RuntimeUnderTest): void {
  const target = (name: string) => ({ module: runtime.module, export: name, runtime: runtime.name });

  async function client(t: TestContext, output: Parameters<typeof connect>[1] = {}): Promise<Client> {
    const server = await startServer(t, [
      "--listen",
      `unix:${join(temporaryFolder(t), "run", "p.sock")}`,
      ...(runtime.serverOptions ?? []),
    ]);
    const mp = await connect(server.addresses[0]!, output);
    t.after(() => mp.close().catch(() => {}));
    return mp;
  }

  async function failure(promise: Promise<unknown>): Promise<PolyprocError> {
    const error = await within(
      promise.then(
        (value) => assert.fail(`no failure, but ${JSON.stringify(value)}`),
        (thrown: unknown) => thrown,
      ),
      "a failure",
    );
    assert.ok(error instanceof PolyprocError, String(error));
    return error;
  }

  describe(`the ${runtime.name} worker host`, needs(...(runtime.needs ?? [])), () => {
    test("runs functions over items, one by one and in chunks, and keeps their order", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(2);
      const items = Array.from({ length: 500 }, (_, i) => i);
      assert.deepEqual(
        await pool.map(target("square"), items),
        items.map((i) => i * i),
      );
      assert.deepEqual(
        await pool.map(target("square"), items.slice(0, 20), { chunkSize: 1 }),
        items.slice(0, 20).map((i) => i * i),
      );
      assert.deepEqual(
        await pool.starmap(target("add"), [
          [1, 2],
          [3, 4],
        ]),
        [3, 7],
      );
      assert.equal(await pool.apply(target("add"), [20, 22]), 42);
      assert.equal(await pool.apply(target("greet"), ["Ada"], { kwargs: { greeting: "hello" } }), "hello, Ada");
    });

    test("returns every value unchanged", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(1);
      const values = [
        null,
        true,
        false,
        0,
        -1,
        127,
        128,
        -128,
        -129,
        65535,
        65536,
        2 ** 32,
        -(2 ** 40),
        Number.MAX_SAFE_INTEGER,
        2n ** 63n,
        1.5,
        -1e300,
        "",
        "text",
        "é€😀\u0000",
        "long ".repeat(20_000),
        [],
        [1, [2, [3]]],
        {},
        { a: 1, "b c": { d: null } },
        Buffer.from([0, 255, 128]),
        Buffer.alloc(70_000, 7),
        new Date("2026-01-31T12:00:00.500Z"),
        Array.from({ length: 70_000 }, (_, i) => i),
      ];
      assert.deepEqual(await pool.map(target("echo"), values), values);
      const lock = new mp.Lock();
      const [back] = (await pool.map(target("echo"), [{ lock }])) as [{ lock: typeof lock }];
      assert.equal(back.lock.handle, lock.handle);
    });

    test("reports an error's type, message and language; other items of its chunk are not affected", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(1);
      const error = await failure(pool.apply(target("fail"), ["seven"]));
      assert.equal(error.codeName, "TaskFailed");
      assert.match(error.message, /RangeError: no luck with seven/);
      assert.deepEqual(
        [error.data["type"], error.data["message"], typeof error.data["language"], typeof error.data["stack"]],
        ["RangeError", "no luck with seven", "string", "string"],
      );
      // Text cannot be squared in any of these languages without an error or a number; lists of wrong arguments fail
      // everywhere.
      const outcomes = await pool.starmap(target("add"), [[1, 2], "not a list" as never, [3, 4]], {
        chunkSize: 3,
        returnExceptions: true,
      });
      assert.deepEqual([outcomes[0], outcomes[1] instanceof Error, outcomes[2]], [3, true, 7]);
    });

    test("reports a missing module or function, and goes on", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(1);
      const nothing = await failure(pool.apply(target("nothing"), []));
      assert.deepEqual([nothing.codeName, /nothing/.test(nothing.message)], ["TargetNotFound", true]);
      const nowhere = await failure(pool.apply({ ...target("square"), module: `${runtime.module}.nowhere` }, [1]));
      assert.deepEqual([nowhere.codeName, /nowhere/.test(nowhere.message)], ["TargetNotFound", true]);
      assert.equal(await pool.apply(target("square"), [5]), 25);
    });

    test("fails an item whose result cannot be sent, and goes on", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(1);
      assert.equal((await failure(pool.apply(target("unsendable"), []))).codeName, "TaskFailed");
      assert.equal(await pool.apply(target("square"), [5]), 25);
    });

    test("runs an initializer first; if it fails, the tasks fail with its error", async (t) => {
      const mp = await client(t, { output: "ignore" });
      const pool = new mp.Pool(1, { initializer: target("write"), initargs: ["ready"] });
      assert.equal(await pool.apply(target("square"), [3]), 9);
      const spoiled = new mp.Pool(1, { initializer: target("fail"), initargs: ["starting"] });
      assert.match((await failure(spoiled.apply(target("square"), [3]))).message, /no luck with starting/);
    });

    test("shares locks: no update is lost", async (t) => {
      const mp = await client(t);
      const file = join(temporaryFolder(t), "count");
      writeFileSync(file, "0");
      const lock = new mp.Lock();
      const pool = new mp.Pool(3);
      await pool.starmap(
        target("increment"),
        Array.from({ length: 60 }, () => [lock, file]),
        { chunkSize: 1 },
      );
      assert.equal(readFileSync(file, "utf8"), "60");
    });

    test("shares queues and pipes", async (t) => {
      const mp = await client(t);
      const [from, to] = [new mp.Queue<number>(), new mp.Queue<number>()];
      const pool = new mp.Pool(2);
      const doubled = pool.starmap(
        target("double"),
        [1, 2, 3].map(() => [from, to]),
      );
      for (const n of [1, 2, 3]) await from.put(n);
      const got = [await to.get(), await to.get(), await to.get()];
      await doubled;
      assert.deepEqual(
        got.sort((a, b) => a - b),
        [2, 4, 6],
      );

      const [mine, its] = mp.Pipe();
      const process = new mp.Process({ target: target("answer"), args: [its] });
      await process.start();
      await its.close();
      await mine.send({ question: 7 });
      assert.deepEqual(await mine.recv(), ["answer to", { question: 7 }]);
      await assert.rejects(() => mine.recv(), { codeName: "EndOfFile" });
      await process.join();
    });

    test("is a process: its name, its exit status, its output in whole lines before join", async (t) => {
      const lines: string[] = [];
      const mp = await client(t, { output: (line) => void lines.push(`${line.stream}: ${line.text}`) });
      const good = new mp.Process({ target: target("write"), args: ["good"], name: "scribe" });
      await good.start();
      await good.join();
      assert.deepEqual(
        [good.exitCode, good.name, lines.sort()],
        [0, "scribe", ["stderr: good err", "stdout: good out"]],
      );
      const bad = new mp.Process({ target: target("fail"), args: ["this"] });
      await bad.start();
      await bad.join();
      assert.equal(bad.exitCode, 1);
      assert.match(lines.join("\n"), /no luck with this/);
      const quick = new mp.Process({ target: target("quit"), args: [7] });
      await quick.start();
      await quick.join();
      assert.equal(quick.exitCode, 7);
    });

    test("a worker that dies fails exactly its own item; the pool replaces it", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(1);
      const lost = await failure(pool.apply(target("quit"), [3]));
      assert.deepEqual([lost.codeName, lost.data["exitCode"]], ["WorkerLost", 3]);
      assert.equal(await pool.apply(target("square"), [6]), 36);

      const begun = new mp.Queue<number>();
      const waiting = pool.apply(target("wait"), [begun]);
      const victim = await begun.get();
      process.kill(victim, "SIGKILL");
      const killed = await failure(waiting);
      assert.deepEqual([killed.codeName, killed.data["signal"], killed.data["pid"]], ["WorkerLost", "SIGKILL", victim]);
      assert.equal(await pool.apply(target("square"), [7]), 49);
    });

    test("a lock whose holder is killed goes to the next", async (t) => {
      const mp = await client(t);
      const [lock, held] = [new mp.Lock(), new mp.Queue<number>()];
      const holder = new mp.Process({ target: target("hold"), args: [lock, held] });
      await holder.start();
      const pid = await held.get();
      assert.equal(pid, holder.pid);
      assert.equal(await lock.acquire({ block: false }), false);
      await holder.kill();
      assert.equal(await within(lock.acquire(), "the lock of a killed process"), true);
      await holder.join();
      assert.equal(holder.exitCode, -9);
    });

    test("a task that is cancelled or exceeds its limit ends, with its worker if necessary", async (t) => {
      const mp = await client(t);
      const pool = new mp.Pool(1);
      const begun = new mp.Queue<number>();
      const late = await failure(pool.apply(target("wait"), [begun], { timeoutMs: 200, graceMs: 50 }));
      assert.equal(late.codeName, "TimedOut");
      const cancel = new AbortController();
      await begun.get();
      const waiting = pool.apply(target("wait"), [begun], { signal: cancel.signal, graceMs: 50 });
      const refused = waiting.then(
        () => assert.fail("not cancelled"),
        (error: unknown) => error,
      );
      const pid = await begun.get();
      cancel.abort();
      await within(refused, "the end of a cancelled task");
      await waitFor(() => !isLiving(pid), { what: `the end of worker ${pid}` });
      assert.equal(await pool.apply(target("square"), [8]), 64);
    });

    test("reports the progress of the running item, and refuses a fraction that is none", async (t) => {
      const mp = await client(t);
      const shown = async (pid: number) => {
        const { processes } = await mp.connection.request("process/list", { scope: "all" });
        return processes.find((one) => one.pid === pid)?.progress;
      };
      const pool = new mp.Pool(1);
      const [begun, goOn] = [new mp.Queue<number>(), new mp.Queue<null>()];
      const measured = pool.starmap(target("measure"), [
        [begun, goOn],
        [begun, goOn],
      ]);
      const pid = await begun.get();
      await waitFor(() => shown(pid), { what: "a report" });
      assert.deepEqual(await shown(pid), { index: 0, fraction: 0.25, text: "compressing" });
      await goOn.put(null);
      const next = await begun.get();
      await waitFor(async () => (await shown(next))?.index === 1, { what: "the next item's report" });
      await goOn.put(null);
      assert.deepEqual(await measured, [1, 1]);
      const error = await failure(pool.apply(target("misreport"), []));
      assert.match(error.message, /fraction must be from 0 to 1; got 50/);
      await waitFor(async () => (await shown(pid)) === undefined, { what: "an idle worker without a report" });
    });

    if (runtime.hearsCancel) {
      test("a task is interrupted in its wait when it must stop, and its worker lives on", async (t) => {
        const mp = await client(t);
        const pool = new mp.Pool(1);
        // No process is killed before the test has failed.
        const graceMs = 120_000;
        const [begun, event] = [new mp.Queue<number>(), new mp.Event()];
        const late = await failure(pool.apply(target("park"), [event, begun], { timeoutMs: 100, graceMs }));
        assert.equal(late.codeName, "TimedOut");
        const pid = await begun.get();
        const cancel = new AbortController();
        const refused = failure(pool.apply(target("park"), [event, begun], { signal: cancel.signal, graceMs }));
        assert.equal(await begun.get(), pid);
        cancel.abort(new PolyprocError("Cancelled", "no longer wanted"));
        assert.equal((await refused).codeName, "Cancelled");
        assert.equal(await within(pool.apply(target("pid"), []), "the next task"), pid);
      });
    }

    test("ends by itself with its pool, with its client and with its server", async (t) => {
      const server = await startServer(t, [
        "--listen",
        `unix:${join(temporaryFolder(t), "run", "p.sock")}`,
        ...(runtime.serverOptions ?? []),
      ]);
      const mp = await connect(server.addresses[0]!);
      t.after(() => mp.close().catch(() => {}));
      const pool = new mp.Pool(1);
      const first = (await pool.apply(target("pid"), [])) as number;
      await pool.close();
      await pool.join();
      await waitFor(() => !isLiving(first), { what: "the end of a closed pool's worker" });
      const second = (await new mp.Pool(1).apply(target("pid"), [])) as number;
      server.process.kill("SIGKILL");
      await waitFor(() => !isLiving(second), { what: "the end of a killed server's worker" });
    });

    if (runtime.source !== null) {
      const { source } = runtime;
      test("runs a function sent as source text", async (t) => {
        const mp = await client(t);
        assert.deepEqual(await new mp.Pool(1).map({ source, runtime: runtime.name }, [1, 2]), [2, 4]);
      });
    }
  });
}
