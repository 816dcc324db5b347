/**
 * Python's default for `map`: four chunks for each worker, the last ones shorter. 0 for no items.
 */
export function defaultChunkSize(items: number, processes: number): number {
  return Math.ceil(items / (processes * 4));
}

/** Fails with a RangeError unless it is a whole number of items, at least 1. */
export function checkedChunkSize(chunkSize: number): number {
  if (Number.isSafeInteger(chunkSize) && chunkSize >= 1) return chunkSize;
  throw new RangeError(`chunkSize must be a whole number from 1 on, got ${chunkSize}`);
}
