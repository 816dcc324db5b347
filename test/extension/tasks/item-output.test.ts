import assert from "node:assert/strict";
import { test } from "node:test";
import { ItemOutput } from "../../../extension/tasks/item-output.js";

function output(): { written: string[]; items: ItemOutput } {
  const written: string[] = [];
  return { written, items: new ItemOutput((text) => written.push(text)) };
}

const line = (text: string, more: Partial<{ pid: number; stream: "stdout" | "stderr"; partial: boolean }> = {}) => ({
  pid: 1,
  stream: "stdout" as const,
  partial: false,
  ...more,
  text,
});

test("lines of an item come together when it ends", () => {
  const { written, items } = output();
  items.add(0, line("a1"));
  items.add(1, line("b1"));
  items.add(0, line("a2", { stream: "stderr" }));
  assert.deepEqual(written, []);
  items.end(1, 1, 1);
  items.end(0, 0, 1);
  assert.deepEqual(written, ["b1\n", "a1\na2\n"]);
});

test("pieces of a line are joined, whatever the other stream writes in between", () => {
  const { written, items } = output();
  items.add(0, line("out-", { partial: true }));
  items.add(0, line("err", { stream: "stderr" }));
  items.add(0, line("end"));
  items.add(0, line("last words", { partial: true }));
  items.end(0, 0, 1);
  assert.deepEqual(written, ["err\nout-end\nlast words\n"]);
});

test("only the last attempt is shown", () => {
  const { written, items } = output();
  items.add(0, line("first try", { pid: 7 }));
  items.add(0, line("second try", { pid: 8 }));
  items.end(0, 0, 8);
  items.add(1, line("first try, the second is silent", { pid: 7 }));
  items.end(1, 1, 8);
  assert.deepEqual(written, ["second try\n"]);
});

test("output that is attributed to a chunk's first item is shown with any of its items", () => {
  const { written, items } = output();
  items.add(10, line("of the chunk"));
  items.end(10, 13, 1);
  assert.deepEqual(written, ["of the chunk\n"]);
});

test("in live mode lines come at once, also those that waited", () => {
  const { written, items } = output();
  items.add(3, line("before"));
  items.live();
  items.add(3, line("after"));
  assert.deepEqual(written, ["before\n", "after\n"]);
});

test("long output is written in pieces of whole lines, so that memory stays small", () => {
  const { written, items } = output();
  const text = "x".repeat(999);
  for (let i = 0; i < 10_000; i++) items.add(0, line(text));
  items.end(0, 0, 1);
  assert.equal(written.join(""), `${text}\n`.repeat(10_000));
  assert.ok(written.length > 5 && written.every((piece) => piece.endsWith("\n") && piece.length < 1.1 * 1024 * 1024));
});

test("much output of many items is written before they end", () => {
  const { written, items } = output();
  for (let item = 0; item < 100; item++) for (let i = 0; i < 512; i++) items.add(item, line("y".repeat(1023)));
  const early = written.reduce((sum, piece) => sum + piece.length, 0);
  assert.ok(early >= 100 * 512 * 1024 - 33 * 1024 * 1024, `${early}`);
  items.endAll();
  assert.equal(
    written.reduce((sum, piece) => sum + piece.length, 0),
    100 * 512 * 1024,
  );
});

test("an endless line is cut", () => {
  const { written, items } = output();
  for (let i = 0; i < 40; i++) items.add(0, line("z".repeat(64 * 1024), { partial: true }));
  assert.ok(written.length >= 1);
  items.endAll();
  assert.equal(written.join("").replaceAll("\n", "").length, 40 * 64 * 1024);
});
