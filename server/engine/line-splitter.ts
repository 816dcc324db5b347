/** A line longer than this is told in pieces. */
const maxLineBytes = 64 * 1024;
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
      // A copy: the chunk that it is part of may be large.
      this.#rest.push(data.slice(from));
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
      bytes = new Uint8Array(this.#restBytes + end.length);
      let at = 0;
      for (const piece of this.#rest) {
        bytes.set(piece, at);
        at += piece.length;
      }
      bytes.set(end, at);
      this.#rest = [];
      this.#restBytes = 0;
    }
    if (whole && bytes.at(-1) === carriageReturn) bytes = bytes.subarray(0, -1);
    return utf8.decode(bytes);
  }
}
