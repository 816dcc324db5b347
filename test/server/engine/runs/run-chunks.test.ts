import assert from "node:assert/strict";
import { test } from "node:test";
import { RunChunks } from "../../../../server/engine/runs/run-chunks.js";

const MiB = 1024 * 1024;

function chunksOf(sizes: readonly number[], size: number): { chunks: RunChunks; total: number } {
  return {
    chunks: new RunChunks(
      sizes.map((bytes) => new Uint8Array(bytes)),
      size,
    ),
    total: sizes.length,
  };
}

test("small items are cut by number", () => {
  const { chunks, total } = chunksOf([1, 1, 1, 1, 1, 1, 1], 3);
  assert.deepEqual(chunks.starts, [0, 3, 6]);
  assert.deepEqual(
    [0, 2, 3, 6].map((index) => chunks.of(index)),
    [0, 0, 3, 6],
  );
  assert.deepEqual(
    [0, 3, 6].map((start) => chunks.after(start, total)),
    [3, 6, 7],
  );
});

test("large items are cut by bytes, and one alone may have any size", () => {
  const { chunks, total } = chunksOf([1, 2 * MiB, 2 * MiB, 9 * MiB, 1, 1, 1, 1], 3);
  assert.deepEqual(chunks.starts, [0, 2, 3, 4, 7]);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].map((index) => chunks.of(index)),
    [0, 0, 2, 3, 4, 4, 4, 7],
  );
  assert.deepEqual(
    chunks.starts.map((start) => chunks.after(start, total)),
    [2, 3, 4, 7, 8],
  );
});

test("no items make no chunk", () => {
  assert.deepEqual(chunksOf([], 5).chunks.starts, []);
});
