import assert from "node:assert/strict";
import { test } from "node:test";
import { formatClock, formatMs, formatRate } from "../../../extension/results/format.js";
import { noCounts, Pace, remainingMs, settled } from "../../../extension/results/progress.js";

test("durations are short, with a fitting precision", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [0.04, "0 ms"],
    [0.44, "0.4 ms"],
    [9.94, "9.9 ms"],
    [38.4, "38 ms"],
    [999.4, "999 ms"],
    [999.6, "1 s"],
    [1250, "1.25 s"],
    [12_340, "12.3 s"],
    [59_940, "59.9 s"],
    [59_960, "1:00"],
    [125_000, "2:05"],
    [3_725_000, "1:02:05"],
  ];
  for (const [ms, text] of cases) assert.equal(formatMs(ms), text, String(ms));
  assert.equal(formatClock(24_000), "0:24");
  assert.equal(formatClock(-5), "0:00");
});

test("rates have a fitting unit", () => {
  assert.equal(formatRate(41.2), "41/s");
  assert.equal(formatRate(1.25), "1.3/s");
  assert.equal(formatRate(0.05), "3/min");
});

test("the pace is that of the last seconds, and falls while nothing settles", () => {
  const pace = new Pace();
  assert.equal(pace.rate(0), null);
  for (let second = 0; second <= 60; second++)
    pace.add(second * 1000, second < 40 ? second * 100 : 4000 + (second - 40) * 10);
  assert.equal(pace.rate(60_000), 10);
  assert.equal(Math.round(pace.rate(110_000)!), 2);
  assert.equal(remainingMs(50, 10), 5000);
  assert.equal(remainingMs(50, null), null);
  assert.equal(remainingMs(0, 10), null);
  assert.equal(settled({ ...noCounts(), done: 2, failed: 1, running: 5 }), 3);
});
