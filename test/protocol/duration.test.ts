import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "../../protocol/duration.js";

test("durations are seconds unless they have a unit", () => {
  const expected: [string, number][] = [
    ["10", 10_000],
    ["1.5", 1500],
    [".5s", 500],
    ["500ms", 500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["1d", 86_400_000],
    ["0", 0],
  ];
  for (const [text, ms] of expected) assert.equal(parseDuration(text), ms, text);
});

test("text that is no duration gives undefined", () => {
  for (const text of ["", "s", "-1", "1 minute", "1e3", "Infinity", "1,5", "5ss"])
    assert.equal(parseDuration(text), undefined, text);
});

test("formatted durations have a fitting unit, and never 60 of it", () => {
  const expected: [number, string][] = [
    [0, "0 ms"],
    [419.6, "420 ms"],
    [3210, "3.2 s"],
    [9949, "9.9 s"],
    [9960, "10 s"],
    [59_499, "59 s"],
    [59_600, "1:00"],
    [125_000, "2:05"],
    [3_723_000, "1:02:03"],
    [273_600_000, "3 d 4 h"],
  ];
  for (const [ms, text] of expected) assert.equal(formatDuration(ms), text);
});
