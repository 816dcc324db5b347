import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { describe, it } from "node:test";
import { Pool } from "../../bindings/typescript/index.js";
import { functions as module } from "../bindings/typescript/fixtures/paths.js";
import { waitFor } from "../deadline.js";

const of = (name: string) => ({ module, export: name });
const outcome = (call: PromiseLike<unknown>) =>
  Promise.resolve(call).then(
    (value) => value,
    (error: Error) => error.name,
  );

interface Report {
  title: string;
  /** The report. */
  url: string;
  /** Does what the reporter did. */
  check: (pool: Pool) => Promise<void>;
}

/** What users of other pools of Node reported to their makers. Each gets a pool of one worker. */
const reports: Report[] = [
  {
    title: "the task after two aborted ones runs",
    url: "https://github.com/piscinajs/piscina/issues/805",
    async check(pool) {
      const [first, second] = [new AbortController(), new AbortController()];
      const calls = [
        outcome(pool.apply(of("untilAborted"), [], { signal: first.signal })),
        outcome(pool.apply(of("double"), [2], { signal: second.signal })),
        outcome(pool.apply(of("double"), [3])),
      ];
      second.abort();
      first.abort();
      assert.deepEqual(await Promise.all(calls), ["Cancelled", "Cancelled", 6]);
    },
  },
  {
    title: "a worker that ends itself with code 0 fails its task, and is replaced",
    url: "https://github.com/piscinajs/piscina/issues/304",
    async check(pool) {
      assert.equal(await outcome(pool.apply(of("exit"), [0])), "WorkerLost");
      assert.equal(await pool.apply(of("double"), [1]), 2);
    },
  },
  {
    title: "an error arrives with its own members",
    url: "https://github.com/piscinajs/piscina/issues/1143",
    async check(pool) {
      await assert.rejects(
        pool.apply(() => {
          throw Object.assign(new RangeError("bad"), { code: "E_BAD", actual: 10n });
        }),
        ({ cause }: { cause: Error & { code: string; actual: bigint } }) =>
          cause instanceof RangeError && cause.code === "E_BAD" && cause.actual === 10n,
      );
    },
  },
  {
    title: "an error that refers to itself fails its task, and loses nothing else",
    url: "https://github.com/jestjs/jest/issues/10577",
    async check(pool) {
      await assert.rejects(
        pool.apply(() => {
          const error: Error & { self?: Error } = new Error("refers to itself");
          error.self = error;
          throw error;
        }),
        { name: "TaskFailed", message: "Error: refers to itself" },
      );
      assert.equal(await pool.apply(of("double"), [1]), 2);
    },
  },
  {
    title: "terminate settles the calls that wait",
    url: "https://github.com/josdejong/workerpool/issues/96",
    async check(pool) {
      const calls = [of("untilAborted"), of("double"), of("double")].map((one) => outcome(pool.apply(one, [1])));
      await pool.terminate();
      assert.deepEqual(await Promise.all(calls), ["Cancelled", "Cancelled", "Cancelled"]);
    },
  },
  {
    title: "a call that is made right after a cancelled one is not ended with its worker",
    url: "https://github.com/josdejong/workerpool/issues/548",
    async check(pool) {
      const controller = new AbortController();
      const never = pool.apply(() => new Promise(() => {}), [], { signal: controller.signal, graceMs: 50 });
      await waitFor(async () => (await pool.status()).busy === 1, { what: "the task runs" });
      controller.abort();
      const next = pool.apply(of("spin"), [200]);
      assert.equal(await outcome(never), "Cancelled");
      assert.equal(typeof (await next), "number");
    },
  },
  {
    title: "a loop that ignores SIGTERM does not hold up terminate",
    url: "https://github.com/tinylibs/tinypool/pull/126",
    async check(pool) {
      const call = outcome(
        pool.apply(() => {
          process.on("SIGTERM", () => {});
          for (;;);
        }),
      );
      await waitFor(async () => (await pool.status()).busy === 1, { what: "the task runs" });
      await pool.terminate();
      assert.equal(await call, "Cancelled");
    },
  },
  {
    title: "what a task leaves unawaited goes on after it",
    url: "https://github.com/piscinajs/piscina/issues/316",
    async check(pool) {
      await pool.apply(() => {
        const left = new Promise((resolve) => setTimeout(() => resolve("done"), 50));
        Object.assign(globalThis, { left });
      });
      assert.equal(await pool.apply(() => (globalThis as { left?: Promise<string> }).left), "done");
    },
  },
  {
    title: "calls leave no listener on their signal, and many share one",
    url: "https://github.com/sindresorhus/p-map/issues/75",
    async check(pool) {
      const { signal } = new AbortController();
      const calls = Array.from({ length: 20 }, (_, i) => pool.apply(of("double"), [i], { signal }));
      assert.equal(getEventListeners(signal, "abort").length, 1);
      await Promise.all(calls);
      for await (const value of pool.imap(of("double"), [1, 2, 3], { signal })) if (value === 4) break;
      await waitFor(() => getEventListeners(signal, "abort").length === 0, { what: "no listener is left" });
    },
  },
  {
    title: "an input that throws after a failing item rejects once",
    url: "https://github.com/sindresorhus/p-limit/issues/110",
    async check(pool) {
      function* inputs() {
        yield "one";
        throw new Error("the input failed");
      }
      const unhandled: unknown[] = [];
      const note = (error: unknown) => unhandled.push(error);
      process.on("unhandledRejection", note);
      await assert.rejects(pool.map(of("fail"), inputs()), { message: "the input failed" });
      await outcome(pool.apply(of("double"), [1]));
      process.off("unhandledRejection", note);
      assert.deepEqual(unhandled, []);
    },
  },
  {
    title: "a generator is refused, not sent as an empty object",
    url: "https://github.com/piscinajs/piscina/issues/110",
    async check(pool) {
      await assert.rejects(
        pool.apply(async function* () {
          yield 1;
        }),
        /is an AsyncGenerator: it stays in its process; send what it yields/,
      );
    },
  },
];

describe("what was reported of other pools of Node", { concurrency: 4 }, () => {
  for (const { title, url, check } of reports)
    it(`${title} (${url})`, async () => {
      await using pool = new Pool(1);
      await check(pool);
    });

  // https://github.com/poolifier/poolifier/issues/1748
  it("a pool whose workers have all ended runs the next task", async () => {
    await using pool = new Pool(2, { idleTimeoutMs: 10 });
    await pool.map(of("double"), [1, 2]);
    await waitFor(async () => (await pool.status()).workers === 0, { what: "no worker is left" });
    assert.deepEqual(await pool.map(of("double"), [3]), [6]);
  });
});
