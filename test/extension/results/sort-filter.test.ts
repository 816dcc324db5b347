import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RowView } from "../../../extension/results/messages.js";
import { inOrder, RowSelector, type Column, type Filter } from "../../../extension/results/sort-filter.js";
import { rowView } from "./page.js";

const all: Filter = { text: "", states: new Set() };

describe("the rows of the table", () => {
  const rows: RowView[] = [
    rowView(0, { label: "b10.ts", state: "done", ms: 5, pid: 30, preview: "10" }),
    rowView(1, { label: "b9.ts", state: "failed", ms: 50, pid: 20, preview: "TypeError: Nope" }),
    rowView(2, { label: "a.ts", state: "queued", ms: null, pid: 0, startedAt: null, preview: "" }),
    rowView(3, { label: "b9.ts", state: "running", ms: null, pid: 10, attempt: 3, preview: "" }),
    rowView(4, { label: "c.ts", state: "done", ms: 5, pid: 30, preview: "9" }),
  ];
  const select = (filter: Partial<Filter>, column: Column = "index", descending = false) =>
    new RowSelector().select(rows, { ...all, ...filter }, { column, descending });

  test("are in the order of the items, both ways", () => {
    assert.deepEqual(select({}), [0, 1, 2, 3, 4]);
    assert.deepEqual(select({}, "index", true), [4, 3, 2, 1, 0]);
  });

  test("are sorted by item as people do it: 9 before 10", () => {
    assert.deepEqual(select({}, "label"), [2, 1, 3, 0, 4]);
    assert.deepEqual(select({}, "label", true), [4, 0, 1, 3, 2]);
  });

  test("are sorted by state, failures first", () => {
    assert.deepEqual(select({}, "state"), [1, 3, 2, 0, 4]);
  });

  test("without a value are last, both ways; equal ones keep their order", () => {
    assert.deepEqual(select({}, "ms"), [0, 4, 1, 2, 3]);
    assert.deepEqual(select({}, "ms", true), [1, 0, 4, 2, 3]);
    assert.deepEqual(select({}, "pid"), [3, 1, 0, 4, 2]);
    assert.deepEqual(select({}, "attempt", true), [3, 0, 1, 4, 2]);
  });

  test("are sorted by result with numbers as numbers", () => {
    assert.deepEqual(select({}, "preview"), [4, 0, 1, 2, 3]);
  });

  test("are found by all the words, in item, result, error or pid, in any case", () => {
    assert.deepEqual(select({ text: "NOPE" }), [1]);
    assert.deepEqual(select({ text: "b9 type" }), [1]);
    assert.deepEqual(select({ text: " 30 " }), [0, 4]);
    assert.deepEqual(select({ text: "b9 30" }), []);
  });

  test("are found by state", () => {
    assert.deepEqual(select({ states: new Set(["done", "failed"]) }), [0, 1, 4]);
    assert.deepEqual(select({ states: new Set(["done"]), text: "c" }), [4]);
  });

  test("are compared again when they are replaced", () => {
    const selector = new RowSelector();
    const mine = [...rows];
    assert.deepEqual(selector.select(mine, { ...all, text: "forty-two" }, inOrder), []);
    mine[2] = rowView(2, { label: "a.ts", preview: "forty-two" });
    assert.deepEqual(selector.select(mine, { ...all, text: "forty-two" }, inOrder), [2]);
  });

  test("keep their order when more of them arrive", () => {
    const selector = new RowSelector();
    const mine = rows.slice(0, 2);
    assert.deepEqual(selector.select(mine, all, { column: "label", descending: false }), [1, 0]);
    mine.push(rows[2]!);
    assert.deepEqual(selector.select(mine, all, { column: "label", descending: false }), [2, 1, 0]);
  });
});
