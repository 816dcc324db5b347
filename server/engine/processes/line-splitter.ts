/** A line longer than this is told in pieces. */
const maxLineBytes = 64 * 1024;
/** Whole lines are told together up to this size, or a single one of any size. */
const togetherBytes = 8 * 1024;
/**
 * The pieces of a line that has no end yet are joined above this number, or a child that writes byte by byte would cost
 * a lot.
 */
const maxPieces = 64;
const newline = 10;

/** Whole lines with their ends; with `partial`, a piece of one line. The bytes are the receiver's own. */
export type OnLines = (bytes: Uint8Array, partial: boolean) => void;

/** Cuts the bytes of one stream at line ends. */
export class LineSplitter {
  #rest: Uint8Array[] = [];
  #restBytes = 0;

  push(data: Uint8Array, tell: OnLines): void {
    let from = 0;
    if (this.#restBytes > 0) {
      const end = data.indexOf(newline) + 1;
      if (end > 0) tell(this.#take(data.subarray(0, end)), false);
      from = end;
    }
    const whole = data.lastIndexOf(newline) + 1;
    while (from < whole) {
      const end = endOfLines(data, from, whole);
      tell(copied(data, from, end), false);
      from = end;
    }
    while (this.#restBytes + data.length - from >= maxLineBytes) {
      const to = wholeCharacters(data, from, from + maxLineBytes - this.#restBytes);
      tell(this.#take(data.subarray(from, to)), true);
      from = to;
    }
    if (from === data.length) return;
    this.#rest.push(copied(data, from, data.length));
    this.#restBytes += data.length - from;
    if (this.#rest.length > maxPieces) this.#rest = [joined(this.#rest, this.#restBytes)];
  }

  /** What has no line end yet. */
  flush(tell: OnLines): void {
    if (this.#restBytes > 0) tell(this.#take(new Uint8Array(0)), true);
  }

  #take(end: Uint8Array): Uint8Array {
    const bytes = joined([...this.#rest, end], this.#restBytes + end.length);
    this.#rest = [];
    this.#restBytes = 0;
    return bytes;
  }
}

/** Where the lines end that are told together. `whole`: the end of the last whole line. */
function endOfLines(data: Uint8Array, from: number, whole: number): number {
  if (whole - from <= togetherBytes) return whole;
  const end = data.lastIndexOf(newline, from + togetherBytes - 1) + 1;
  return end > from ? end : data.indexOf(newline, from + togetherBytes) + 1;
}

/** Where the last character of UTF-8 begins that does not end before `to`; `to` if there is none after `from`. */
function wholeCharacters(data: Uint8Array, from: number, to: number): number {
  let last = to - 1;
  while (last > from && to - last < 4 && (data[last]! & 0xc0) === 0x80) last--;
  const first = data[last]!;
  const bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
  return last > from && last + bytes > to ? last : to;
}

/** A copy, which a Buffer's `slice` is not: the chunk that it is part of may be large. */
function copied(data: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(data.subarray(from, to));
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
