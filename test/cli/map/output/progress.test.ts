import assert from "node:assert/strict";
import { test } from "node:test";
import { Progress } from "../../../../cli/map/output/progress.js";

test("the bar, the rate and the remaining time follow from the finished items", () => {
  const progress = new Progress(8, 0);
  progress.started(0, "a", 0);
  progress.started(1, "b\n", 500);
  for (let i = 2; i < 5; i++) progress.ended(i, "done", 1000);
  progress.ended(5, "failed", 1000);
  assert.deepEqual(progress.lines(2000), [
    " ████████████░░░░░░░░░░░░ 4/8  1 failed  2.0/s  ETA 1.0 s",
    " a (2.0 s), b\\n (1.5 s)",
  ]);
  assert.equal(progress.line(2000), "4/8  1 failed  2.0/s  ETA 1.0 s, 2 running");
});

test("the remaining time is right after three items, also if many run at a time", () => {
  const progress = new Progress(400, 0);
  for (let i = 0; i < 100; i++) progress.started(i, String(i), 0);
  for (let i = 0; i < 3; i++) {
    assert.doesNotMatch(progress.line(1000), /ETA/);
    progress.ended(i, "done", 1000);
    progress.started(100 + i, "next", 1000);
  }
  // Three more rounds of a second; by the rate alone it would be two minutes.
  assert.match(progress.line(1000), /ETA 3\.0 s/);
  assert.deepEqual(progress.facts(1000), { total: 400, done: 3, failed: 0, running: 100, ms: 1000, etaMs: 3000 });
});

test("without a total there is no bar", () => {
  const progress = new Progress(null, 0);
  progress.ended(0, "done", 10);
  assert.deepEqual(progress.lines(4000), [" 1 done  15.0/min", " "]);
});

test("many running items are counted, and long names cut at their beginnings", () => {
  const progress = new Progress(100, 0);
  for (let i = 0; i < 11; i++) progress.started(i, i === 0 ? `/very/long/${"x".repeat(60)}/name.txt` : `i${i}`, 0);
  assert.equal(progress.lines(0)[1], ` …${"x".repeat(30)}/name.txt, i1, i2, i3, i4, i5, i6, i7, and 3 more`);
});

test("the summary counts unfinished items", () => {
  const progress = new Progress(10, 0);
  for (let i = 0; i < 6; i++) progress.ended(i, "done", 10);
  assert.equal(progress.summary(12_345), "6 done, 4 not finished in 12 s");
  progress.ended(6, "failed", 10);
  assert.equal(progress.summary(12_345), "6 done, 1 failed, 3 not finished in 12 s");
  const stream = new Progress(null, 0);
  stream.ended(0, "skipped", 10);
  assert.equal(stream.summary(10), "0 done, 1 not finished in 10 ms");
});

test("what running items say of themselves stands behind their names, and moves the bar", () => {
  const progress = new Progress(2, 0);
  progress.started(0, "a.tif", 0);
  progress.reported(0, "a.tif", { fraction: 0.5, text: "compressing" }, 500);
  // Of a chunk's items only the first was reported as started.
  progress.reported(1, "b.tif", { fraction: 0.509, text: "" }, 500);
  assert.deepEqual(progress.lines(2000), [
    " ████████████░░░░░░░░░░░░ 0/2",
    " a.tif 50 %  compressing (2.0 s), b.tif 50 % (1.5 s)",
  ]);
  progress.reported(0, "a.tif", { fraction: null, text: "" }, 2000);
  progress.ended(1, "done", 10);
  assert.equal(progress.lines(2000)[1], " a.tif (2.0 s)");
});
