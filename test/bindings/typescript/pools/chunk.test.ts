import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultChunkSize } from "../../../../bindings/typescript/pools/chunk.js";

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
