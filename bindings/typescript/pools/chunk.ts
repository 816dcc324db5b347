/** Python's default for `map`: four chunks for each worker. 0 if there are no items. */
export function defaultChunkSize(items: number, processes: number): number {
  return Math.ceil(items / (processes * 4));
}
