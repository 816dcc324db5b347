/** Python's default for `map`: four chunks for each worker. 0 if there are no items. */
export function defaultChunkSize(items: number, processes: number): number {
  return Math.ceil(items / (processes * 4));
}

/** Returns the chunk size. Throws a RangeError unless it is a whole number from 1 up. */
export function checkedChunkSize(chunkSize: number): number {
  if (Number.isSafeInteger(chunkSize) && chunkSize >= 1) return chunkSize;
  throw new RangeError(`chunkSize must be a whole number from 1 on, got ${chunkSize}`);
}
