import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { describeOptions, optionsText, parseOptions } from "../../../extension/runs/options-text.js";
import type { RunOptions } from "../../../extension/runs/run.js";

describe("a run's options as text", () => {
  for (const options of [
    { processes: 0, chunkSize: 1, timeoutMs: 0, retries: 0, cache: false },
    { processes: 12, chunkSize: 50, timeoutMs: 1500, retries: 3, halt: { failures: 2 }, cache: true },
    { processes: 1, chunkSize: 1, timeoutMs: 120_000, retries: 0, halt: { failures: 1, now: true }, cache: false },
  ] satisfies RunOptions[]) {
    test(`text is read back as the same options: ${optionsText(options, false)}`, () =>
      assert.deepEqual(parseOptions(optionsText(options, false)), { options }));
  }

  test("a command has no chunks", () => {
    assert.equal(optionsText({}, true), "processes=0 timeout=none retries=0 halt=never cache=no");
  });

  test("the place can be chosen if there is a cluster", () => {
    assert.equal(optionsText({}, true, true), "processes=0 timeout=none retries=0 halt=never cache=no where=here");
    const options: RunOptions = { processes: 0, timeoutMs: 0, retries: 0, cache: false, where: "cluster" };
    assert.deepEqual(parseOptions(optionsText(options, true, true)), { options });
    assert.equal(describeOptions(options, true), "on the cluster, as many processes as its hosts have, no time limit");
  });

  test("options that are not named stay unset, and spaces do not matter", () => {
    assert.deepEqual(parseOptions("  retries=2   timeout=1.5m "), { options: { retries: 2, timeoutMs: 90_000 } });
    assert.deepEqual(parseOptions(""), { options: {} });
  });

  for (const [text, said] of [
    ["processes", /name=value/],
    ["threads=4", /no option "threads"/],
    ["__proto__=4", /no option/],
    ["processes=many", /one for each CPU/],
    ["processes=-1", /one for each CPU/],
    ["processes=5000", /4096/],
    ["chunk=0", /from 1 on/],
    ["timeout=10 s", /500ms, 30s or 2m, or none|name=value/],
    ["timeout=0", /none/],
    ["retries=1e3", /from 0 on/],
    ["halt=later", /soon,fail=3/],
    ["where=there", /here or cluster/],
    ["cache=1", /yes or no/],
    ["cache=yes where=cluster", /cache=no or where=here/],
  ] as const) {
    test(`the error for ${text}`, () => {
      const parsed = parseOptions(text);
      assert.ok("problem" in parsed);
      assert.match(parsed.problem, said);
    });
  }

  test("the short form shows only options that differ from the defaults", () => {
    assert.equal(describeOptions({}, false), "one process for each CPU, no time limit");
    assert.equal(
      describeOptions(
        { processes: 4, chunkSize: 5, timeoutMs: 1500, retries: 1, halt: { failures: 1 }, cache: true },
        false,
      ),
      "4 processes, chunks of 5, 1.5 s for each item, 1 retry, replays what has not changed, ends at the first failure",
    );
  });
});
