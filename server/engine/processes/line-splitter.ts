/** A line longer than this is told in pieces. */
const maxLineBytes = 64 * 1024;
/**
 * The pieces of a line that has no end yet are joined above this number, or a child that writes byte by byte would cost
 * a lot.
 */
const maxPieces = 64;
const newline = 10;
const carriageReturn = 13;

declare class TextDecoder {
  decode(data: Uint8Array): string;
}
const utf8 = new TextDecoder();

/** Bytes of one stream into lines of text. Bytes that are not UTF-8 become U+FFFD. */
export class LineSplitter {
  #rest: Uint8Array[] = [];
  #restBytes = 0;

  push(data: Uint8Array, line: (text: string, partial: boolean) => void): void {
    let from = 0;
    for (;;) {
      const end = data.indexOf(newline, from);
      if (end === -1) break;
      line(this.#take(data.subarray(from, end), true), false);
      from = end + 1;
    }
    while (this.#restBytes + data.length - from >= maxLineBytes) {
      const room = maxLineBytes - this.#restBytes;
      line(this.#take(data.subarray(from, from + room), false), true);
      from += room;
    }
    if (from < data.length) {
      // A copy, which a Buffer's `slice` is not: the chunk that it is part of may be large.
      this.#rest.push(new Uint8Array(data.subarray(from)));
      if (this.#rest.length > maxPieces) this.#rest = [joined(this.#rest, this.#restBytes + data.length - from)];
      this.#restBytes += data.length - from;
    }
  }

  /** What has no line end yet. */
  flush(line: (text: string, partial: boolean) => void): void {
    if (this.#restBytes > 0) line(this.#take(new Uint8Array(0), false), true);
  }

  #take(end: Uint8Array, whole: boolean): string {
    let bytes = end;
    if (this.#restBytes > 0) {
      bytes = joined([...this.#rest, end], this.#restBytes + end.length);
      this.#rest = [];
      this.#restBytes = 0;
    }
    if (whole && bytes.at(-1) === carriageReturn) bytes = bytes.subarray(0, -1);
    return utf8.decode(bytes);
  }
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
