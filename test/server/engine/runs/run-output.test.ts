import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutputSegment } from "../../../../server/engine/output-segment.js";
import { RunOutput } from "../../../../server/engine/runs/run-output.js";
import { FakeWorld } from "../fake-engine.js";

const line = (text: string) => ({ stream: "stdout" as const, text });

/** A segment with this one line. */
const wrote = (text: string, stream: "stdout" | "stderr" = "stdout"): OutputSegment => ({
  process: "process:s1.1",
  pid: 1,
  stream,
  firstLine: 0,
  lineCount: 1,
  bytes: Buffer.from(`${text}\n`),
  partial: false,
  task: null,
});

test("each item has its own lines, in their order", () => {
  const output = new RunOutput(new FakeWorld().engine.budget.server);
  output.push(0, wrote("a"));
  output.push(1, wrote("b", "stderr"));
  output.push(0, wrote("c"));
  assert.deepEqual(output.of(0), { lines: [line("a"), line("c")], dropped: 0 });
  assert.deepEqual(output.of(1), { lines: [{ stream: "stderr", text: "b" }], dropped: 0 });
  assert.deepEqual(output.of(2), { lines: [], dropped: 0 });
});

test("the last 64 KiB of an item are kept, and the rest is counted", () => {
  const output = new RunOutput(new FakeWorld().engine.budget.server);
  for (let i = 0; i < 100_000; i++) output.push(0, wrote(String(i % 10).repeat(99)));
  const { lines, dropped } = output.of(0);
  assert.equal(lines.length, 655);
  assert.equal(dropped, 100_000 - 655);
  assert.equal(lines.at(-1)!.text[0], "9");
  assert.ok(output.bytes < 256 * 1024, `${output.bytes} bytes`);
});

test("the last 16 MiB of a run are kept: the oldest lines of all items go first", () => {
  const output = new RunOutput(new FakeWorld().engine.budget.server);
  const text = "x".repeat(60_000);
  for (let item = 0; item < 1000; item++) output.push(item, wrote(text));
  assert.ok(output.bytes <= 16 * 1024 * 1024);
  assert.deepEqual(output.of(0), { lines: [], dropped: 1 });
  assert.equal(output.of(999).lines.length, 1);
  const kept = Array.from({ length: 1000 }, (_, item) => output.of(item).lines.length);
  assert.equal(kept.lastIndexOf(0) + 1, kept.indexOf(1), "the oldest are the ones that went");
});
