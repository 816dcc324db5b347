import type { Writable } from "node:stream";
import { FrameEncoder } from "./encoder.js";
import { fragmentBit, fragmentBytes, headBytes } from "./fragments.js";

/** A message that is sent in fragments, from where it lies. */
interface Large {
  readonly pieces: Buffer[];
  readonly bytes: number;
  /** Taken off at the first fragment. */
  head: Buffer | null;
  /** Bytes that were not handed to the stream. */
  left: number;
}

/** A large message and what was written after it: all of it leaves in order. */
export class LargeLine {
  /** Longest part of a message that is handed to the stream at once. */
  fragmentBytes = fragmentBytes;
  readonly #line: (Large | FrameEncoder)[] = [];

  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  /** Bytes of whole frames in it. */
  get frameBytes(): number {
    let bytes = 0;
    for (const entry of this.#line) if (entry instanceof FrameEncoder) bytes += entry.pendingBytes;
    return bytes;
  }

  /** Bytes of large messages in it. */
  get largeBytes(): number {
    let bytes = 0;
    for (const entry of this.#line) if (!(entry instanceof FrameEncoder)) bytes += entry.left;
    return bytes;
  }

  /** `id`: the message's own, as it is in its pieces. */
  add(pieces: Buffer[], id: unknown): void {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#line.push({ pieces, bytes, left: bytes, head: encodeHead(bytes, id) });
  }

  /** Where frames go that come after what is here. */
  tail(): FrameEncoder {
    const last = this.#line.at(-1);
    if (last instanceof FrameEncoder) return last;
    const encoder = new FrameEncoder();
    this.#line.push(encoder);
    return encoder;
  }

  /** Writes the next fragment, or the frames behind the large message. Only when it is not empty. */
  writeNext(stream: Writable): void {
    const first = this.#line[0]!;
    stream.cork();
    if (first instanceof FrameEncoder) {
      for (const piece of first.take()) stream.write(piece);
      this.#line.shift();
    } else {
      writeFragment(stream, first, this.fragmentBytes);
      if (first.left === 0) this.#line.shift();
    }
    stream.uncork();
  }

  clear(): void {
    this.#line.length = 0;
  }
}

function writeFragment(stream: Writable, large: Large, most: number): void {
  const head = large.head ?? Buffer.alloc(0);
  large.head = null;
  let left = Math.min(most, large.left);
  const prefix = Buffer.allocUnsafe(4);
  prefix.writeUInt32BE(fragmentBit + head.length + left);
  stream.write(Buffer.concat([prefix, head]));
  large.left -= left;
  while (left > 0) {
    const piece = large.pieces[0]!;
    const part = piece.subarray(0, left);
    stream.write(part);
    left -= part.length;
    if (part.length === piece.length) large.pieces.shift();
    else large.pieces[0] = piece.subarray(part.length);
  }
}

function encodeHead(bytes: number, id: unknown): Buffer {
  const encoder = new FrameEncoder();
  // A frame of the id alone: its prefix makes room for the length.
  encoder.frame((id ?? null) as object);
  const encoded = Buffer.concat(encoder.take()).subarray(4);
  const head = Buffer.allocUnsafe(headBytes);
  head.writeBigUInt64BE(BigInt(bytes));
  head.writeUInt16BE(encoded.length, 8);
  return Buffer.concat([head, encoded]);
}
