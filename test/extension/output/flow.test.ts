import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Flow } from "../../../extension/output/flow.js";

/** A channel, and a clock that the test turns. */
function setUp() {
  let now = 0;
  let timers: { at: number; action: () => void }[] = [];
  const appends: string[] = [];
  const flow = new Flow({
    sink: { append: (text) => void appends.push(text) },
    now: () => now,
    later: (action, ms) => {
      timers.push({ at: now + ms, action });
      return undefined as unknown as NodeJS.Timeout;
    },
  });
  const pass = (ms: number) => {
    const end = now + ms;
    while (now < end) {
      now += 10;
      const due = timers.filter(({ at }) => at <= now);
      timers = timers.filter(({ at }) => at > now);
      for (const { action } of due) action();
    }
  };
  return { flow, appends, pass, text: () => appends.join("") };
}

describe("the way to the output channel", () => {
  test("the lines of a tenth of a second are one append", () => {
    const { flow, appends, pass } = setUp();
    flow.add(["a", "b"], "output");
    flow.add(["c"], "summary");
    assert.deepEqual(appends, []);
    pass(200);
    assert.deepEqual(appends, ["a\nb\nc\n"]);
  });

  test("a flood is truncated, and the omitted lines are counted exactly", () => {
    const { flow, appends, pass, text } = setUp();
    const line = "x".repeat(99);
    const rounds = 1000;
    const perRound = 500;
    for (let i = 0; i < rounds; i++) {
      flow.add(new Array<string>(perRound).fill(line), "output");
      pass(10);
    }
    pass(2000);
    const shown = text()
      .split("\n")
      .filter((one) => one === line).length;
    const leftOut = [...text().matchAll(/^… ([\d,]+) lines? left out, see Results$/gm)].reduce(
      (sum, [, count]) => sum + Number(count!.replaceAll(",", "")),
      0,
    );
    assert.equal(shown + leftOut, rounds * perRound);
    assert.ok(shown * 100 <= 12 * 256 * 1024, `${shown} lines`);
    assert.ok(shown > 10_000, `${shown} lines`);
    const notes = text().match(/left out/g)!.length;
    assert.ok(notes <= 30, `${notes} notes`);
    assert.ok(Math.max(...appends.map((one) => one.length)) <= 300 * 1024);
  });

  test("in a flood failures have a higher limit, and summaries none", () => {
    const { flow, pass, text } = setUp();
    flow.add(new Array<string>(10_000).fill("x".repeat(99)), "output");
    flow.add(["a failure"], "failure");
    flow.add(new Array<string>(10_000).fill("y".repeat(99)), "failure");
    flow.add(["the end"], "summary");
    pass(100);
    assert.match(text(), /a failure\n/);
    assert.match(text(), /the end\n$/);
    assert.ok(text().length < 700 * 1024);
  });

  test("omitted lines are reported at their place, also when nothing follows", () => {
    const { flow, pass, text } = setUp();
    flow.add(["a"], "output");
    flow.lost(1);
    flow.add(["b"], "output");
    flow.lost(1234);
    flow.lost(0);
    pass(300);
    assert.equal(text(), "a\n… 1 line left out, see Results\nb\n… 1,234 lines left out, see Results\n");
  });
});
