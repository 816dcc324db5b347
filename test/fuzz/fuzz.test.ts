import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { describeSent, Fuzzer, startFuzzedServer, type BatchReport } from "./fuzz.js";
import { isHarmless } from "./harmless.js";
import { clientMessages } from "./schema.js";

const seconds = 60;
/** Batches that the runner hears of together. */
const batchesAtATime = 10;
/** How many of the last messages are shown for a failure. */
const shownMessages = 200;

describe("a server that gets valid and almost valid messages", () => {
  const cleanups: (() => void | Promise<void>)[] = [];
  const seed = Date.now() % 1_000_000;
  let fuzzer: Fuzzer;

  before(async () => {
    fuzzer = await Fuzzer.begin(await startFuzzedServer({ after: (clean) => void cleanups.unshift(clean) }), seed);
    cleanups.unshift(() => fuzzer.close());
  });

  after(async () => {
    for (const clean of cleanups) await clean();
  });

  it(`answers for ${seconds} s, keeps nothing of ended sessions, and does not end`, { timeout: 240_000 }, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const end = performance.now() + seconds * 1000;
    const methods = new Set<string>();
    let sent = 0;
    let held = true;
    for (let first = 1; held && performance.now() < end; first += batchesAtATime) {
      await t.test(`batches from ${first} on`, async () => {
        for (let number = first; number < first + batchesAtATime && performance.now() < end; number++) {
          const report = await fuzzer.batch(number);
          sent += report.messages.length;
          for (const method of report.sent.keys()) methods.add(method);
          // The server's next batches would tell the same.
          held = report.faults.length === 0;
          assert.deepEqual(report.faults, [], tell(report));
        }
      });
    }
    t.diagnostic(`${sent} messages of ${methods.size} methods`);
    if (held)
      assert.deepEqual(
        clientMessages.filter(({ method }) => !methods.has(method)).map(({ method }) => method),
        [],
        "methods that were never sent",
      );
  });

  function tell({ number, faults, messages }: BatchReport): string {
    return [
      ...faults,
      `repeat it: npm run fuzz -- --seed ${seed} --first ${number} --batches 1`,
      ...messages.slice(-shownMessages).map(describeSent),
    ].join("\n");
  }
});

describe("the fuzzer", () => {
  it("runs only harmless programs, and names only its own processes", () => {
    assert.ok(isHarmless({ target: { command: "true" }, items: [1] }, []));
    assert.ok(isHarmless({ pid: 4_194_400 }, []));
    assert.ok(isHarmless({ pid: 77 }, [77]));
    for (const params of [
      { pid: 1 },
      { pid: -1 },
      { pid: 0 },
      { target: { command: "rm" } },
      [{ a: { module: "/x.js" } }],
      { source: "1" },
      { retries: 1e9 },
    ]) {
      assert.equal(isHarmless(params, []), false, JSON.stringify(params));
    }
  });
});
