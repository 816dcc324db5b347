import assert from "node:assert/strict";
import { test } from "node:test";
import { LineSplitter } from "../../../../server/engine/processes/line-splitter.js";
import { OutputRing } from "../../../../server/engine/processes/output-ring.js";
import { countLines } from "../../../../server/engine/output-segment.js";
import { FakeWorld } from "../fake-engine.js";

interface Told {
  text: string;
  partial: boolean;
}

/** What a splitter tells of data that arrives in these pieces. */
function told(...pieces: Buffer[]): Told[] {
  const splitter = new LineSplitter();
  const all: Told[] = [];
  const tell = (bytes: Uint8Array, partial: boolean) => all.push({ text: Buffer.from(bytes).toString(), partial });
  for (const piece of pieces) splitter.push(piece, tell);
  splitter.flush(tell);
  return all;
}

function cut(data: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(data.length / size) }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

/** Remembers what a process writes in these pieces. */
function remembered(maxBytes: number, ...pieces: Buffer[]): OutputRing {
  const ring = new OutputRing(new FakeWorld().engine.budget.server);
  for (const piece of pieces)
    ring.splitters.stdout.push(piece, (bytes, partial) => {
      const lineCount = partial ? 1 : countLines(bytes);
      const facts = { process: "process:s1.1", pid: 1, stream: "stdout" as const, partial, task: null };
      ring.push({ ...facts, firstLine: ring.nextLine, lineCount, bytes }, maxBytes);
      ring.nextLine += lineCount;
    });
  return ring;
}

test("many short lines are told together", () => {
  const data = Buffer.from("x\n".repeat(50_000));
  const all = told(data);
  assert.ok(all.length < 20, `${all.length} calls`);
  assert.equal(all.map(({ text }) => text).join(""), data.toString());
});

test("wherever the pieces begin, only whole lines are told, and none is changed", () => {
  const data = Buffer.from(Array.from({ length: 300 }, (_, i) => `${"é".repeat((i * 7) % 90)}${i}\n`).join(""));
  for (const size of [1, 2, 3, 61, 4096, data.length]) {
    const all = told(...cut(data, size));
    assert.ok(all.every(({ text, partial }) => !partial && text.endsWith("\n")));
    assert.equal(all.map(({ text }) => text).join(""), data.toString());
  }
});

test("no character of a line over 64 KiB is told in two pieces", () => {
  for (const begin of ["", "a", "ab", "abc"]) {
    const long = begin + "€😀".repeat(30_000);
    const data = Buffer.from(long);
    for (const size of [64 * 1024, data.length]) {
      const all = told(...cut(data, size));
      assert.ok(all.length > 1);
      assert.equal(all.map(({ text }) => text).join(""), long);
    }
  }
  // Bytes that are not UTF-8 are reported, too.
  const bytes = Buffer.alloc(200 * 1024, 0x80);
  assert.equal(
    told(bytes).reduce((sum, { text }) => sum + text.length, 0),
    bytes.length,
  );
});

test("a line over 64 KiB is reported in pieces, and a line without an end when the stream ends", () => {
  const long = "y".repeat(150 * 1024);
  const all = told(Buffer.from("a\n"), Buffer.from(long.slice(0, 1000)), Buffer.from(`${long.slice(1000)}\nrest`));
  assert.equal(all.map(({ text }) => text).join(""), `a\n${long}\nrest`);
  assert.deepEqual(
    told(Buffer.from(long)).map(({ text, partial }) => [text.length, partial]),
    [
      [64 * 1024, true],
      [64 * 1024, true],
      [22 * 1024, true],
    ],
  );
  assert.deepEqual(all.at(-1), { text: "rest", partial: true });
});

test("the last lines of a flood are remembered by their numbers, and the others are counted", () => {
  const ring = remembered(64 * 1024, Buffer.from(Array.from({ length: 100_000 }, (_, i) => `${i}\r\n`).join("")));
  const { lines, dropped } = ring.from(0);
  assert.equal(dropped + lines.length, 100_000);
  assert.ok(lines.length > 500, `${lines.length} lines`);
  assert.ok(ring.bytes <= 64 * 1024);
  assert.ok(lines.every(({ line, text }) => text === String(line)));
  assert.deepEqual(
    ring.from(99_998).lines.map(({ text }) => text),
    ["99998", "99999"],
  );
  ring.shrink(0);
  assert.deepEqual(ring.from(99_998), { lines: [], dropped: 2 });
});
