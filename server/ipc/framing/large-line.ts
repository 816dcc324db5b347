import type { Writable } from "node:stream";
import { FrameEncoder } from "./encoder.js";
import { fragmentBit, fragmentBytes, headBytes } from "./fragments.js";

/** A message that is sent in fragments, without a copy. */
interface Large {
  readonly pieces: Buffer[];
  readonly bytes: number;
  /** Null once the first fragment was written. */
  head: Buffer | null;
  /** Bytes that were not written to the stream. */
  left: number;
}

/** A queue of large messages and of the frames that were written after them. They are sent in order. */
export class LargeLine {
  /** Most bytes of a message in one fragment. */
  fragmentBytes = fragmentBytes;
  readonly #line: (Large | FrameEncoder)[] = [];

  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  /** Bytes of the frames in the queue. */
  get frameBytes(): number {
    let bytes = 0;
    for (const entry of this.#line) if (entry instanceof FrameEncoder) bytes += entry.pendingBytes;
    return bytes;
  }

  /** Bytes of the large messages in the queue. */
  get largeBytes(): number {
    let bytes = 0;
    for (const entry of this.#line) if (!(entry instanceof FrameEncoder)) bytes += entry.left;
    return bytes;
  }

  /** `id`: the id of the message, which its pieces hold too. */
  add(pieces: Buffer[], id: unknown): void {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#line.push({ pieces, bytes, left: bytes, head: encodeHead(bytes, id) });
  }

  /** The encoder for frames that are sent after everything in the queue. */
  tail(): FrameEncoder {
    const last = this.#line.at(-1);
    if (last instanceof FrameEncoder) return last;
    const encoder = new FrameEncoder();
    this.#line.push(encoder);
    return encoder;
  }

  /** Writes the next fragment, or the frames after a large message. The queue must not be empty. */
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
  // The encoder makes a frame of the id; its prefix of 4 bytes is dropped.
  encoder.frame((id ?? null) as object);
  const encoded = Buffer.concat(encoder.take()).subarray(4);
  const head = Buffer.allocUnsafe(headBytes);
  head.writeBigUInt64BE(BigInt(bytes));
  head.writeUInt16BE(encoded.length, 8);
  return Buffer.concat([head, encoded]);
}
