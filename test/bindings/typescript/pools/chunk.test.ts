import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedChunkSize, defaultChunkSize } from "../../../../bindings/typescript/pools/chunk.js";

test("the default chunk size is Python's: a quarter of each worker's share, rounded up", () => {
  // python3: def size(n, p): q, r = divmod(n, p * 4); return q + bool(r)
  for (const [items, processes, expected] of [
    [0, 4, 0],
    [1, 4, 1],
    [16, 4, 1],
    [17, 4, 2],
    [200_000, 2, 25_000],
    [200_001, 2, 25_001],
  ] as const) {
    assert.equal(defaultChunkSize(items, processes), expected);
  }
});

test("a chunk size is a whole number from 1 on", () => {
  assert.equal(checkedChunkSize(7), 7);
  for (const wrong of [0, -1, 1.5, NaN, Infinity])
    assert.throws(() => checkedChunkSize(wrong), /chunkSize must be a whole number from 1 on, got/);
});
