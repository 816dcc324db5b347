import { UsageError } from "../../usage-error.js";

/** Longest block, and longest record, in bytes. A block travels in one message, which has a limit, too. */
export const maxBlockBytes = 32 * 1024 * 1024;

export interface BlockOptions {
  /** Bytes of a block. It ends after the last whole record that fits; a longer record is a block of its own. */
  bytes: number;
  /** Records of a block in place of `bytes`. Null: as many as fit. */
  records: number | null;
  /** What ends a record. With `start` as well, records are split between the two. */
  end: string;
  /** What begins a record. */
  start: string;
}

/**
 * Splits a stream of bytes into blocks of whole records. Reads only as far as the caller asks. Throws UsageError if a
 * record is longer than `maxBlockBytes`.
 */
export async function* splitBlocks(
  input: AsyncIterable<Uint8Array | string>,
  options: BlockOptions,
): AsyncGenerator<Buffer> {
  const rest = new Rest();
  const next = options.records === null ? nextBySize(rest, options) : nextByRecords(rest, options, options.records);
  for await (const piece of input) {
    rest.add(typeof piece === "string" ? Buffer.from(piece) : piece);
    for (let end = next(); end > 0; end = next()) yield rest.take(end);
    if (rest.bytes.length > maxBlockBytes)
      throw new UsageError(
        `standard input has a record of more than ${maxBlockBytes / 1024 / 1024} MiB: ` +
          `do its records end with ${JSON.stringify(options.end)}? (--recend, --recstart)`,
      );
  }
  if (rest.bytes.length > 0) yield rest.take(rest.bytes.length);
}

/** Returns where the next block ends; 0 while that is not known. */
type Next = () => number;

function nextBySize(rest: Rest, { bytes: size, end, start }: BlockOptions): Next {
  const border = Buffer.from(end + start);
  const endBytes = Buffer.byteLength(end);
  /** Bytes that must be there. It grows while a record is longer. */
  let wanted = size;
  /** Up to here there is no border. */
  let searched = 0;
  return () => {
    for (; rest.bytes.length >= wanted; wanted += size) {
      const found = border.length === 0 ? wanted - searched : rest.bytes.subarray(searched, wanted).lastIndexOf(border);
      const at = found === -1 ? 0 : searched + found + endBytes;
      searched = Math.max(0, wanted - border.length + 1);
      // What begins the first record is no border.
      if (at === 0) continue;
      wanted = size;
      searched = 0;
      return at;
    }
    return 0;
  };
}

function nextByRecords(rest: Rest, { end, start }: BlockOptions, records: number): Next {
  const border = Buffer.from(end + start);
  const endBytes = Buffer.byteLength(end);
  let from = 0;
  let found = 0;
  return () => {
    for (;;) {
      const at = rest.bytes.indexOf(border, from);
      if (at === -1) {
        from = Math.max(from, rest.bytes.length - border.length + 1);
        return 0;
      }
      from = at + border.length;
      // What begins the first record is no border.
      if (at + endBytes === 0) continue;
      if (++found < records) continue;
      found = 0;
      from = 0;
      return at + endBytes;
    }
  };
}

/** Bytes that were read and not taken. Adding costs what is added, however much waits. */
class Rest {
  #data = Buffer.alloc(0);
  #from = 0;
  #to = 0;

  get bytes(): Buffer {
    return this.#data.subarray(this.#from, this.#to);
  }

  add(piece: Uint8Array): void {
    if (this.#to + piece.length > this.#data.length) {
      const kept = this.bytes;
      const room = kept.length + piece.length;
      const data = room * 2 <= this.#data.length ? this.#data : Buffer.allocUnsafe(room * 2);
      kept.copy(data);
      this.#to = kept.length;
      this.#from = 0;
      this.#data = data;
    }
    this.#data.set(piece, this.#to);
    this.#to += piece.length;
  }

  /** A copy of the first bytes, which go. */
  take(length: number): Buffer {
    const taken = Buffer.from(this.#data.subarray(this.#from, this.#from + length));
    this.#from += length;
    return taken;
  }
}
