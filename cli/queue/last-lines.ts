const step = 64 * 1024;

interface Piece {
  data: Uint8Array;
  /** Where it begins. */
  from: number;
}

/**
 * Where the last lines of a log begin. `read`: bytes from a position, which may be more than asked for if earlier ones
 * are not kept; negative counts from the end.
 */
export async function lastLines(
  read: (from: number, maxBytes: number) => Promise<Piece>,
  lines: number,
): Promise<number> {
  let { data, from } = await read(-step, step);
  const end = from + data.length;
  // The end of the last line is no further line.
  let left = lines + (data.at(-1) === 10 ? 1 : 0);
  if (lines === 0) return end;
  for (;;) {
    for (let at = data.lastIndexOf(10); at >= 0; at = at === 0 ? -1 : data.lastIndexOf(10, at - 1))
      if (--left === 0) return from + at + 1;
    if (from === 0) return 0;
    const wanted = Math.max(0, from - step);
    const before = await read(wanted, from - wanted);
    if (before.from >= from) return from;
    ({ data, from } = before);
  }
}
