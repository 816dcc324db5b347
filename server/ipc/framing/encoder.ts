import { blockExtension, StoredBytes } from "../../../protocol/payload.js";
import { PolyprocError } from "../../../protocol/errors.js";

/** A longer length would begin with "C", which the server takes for `Content-Length`. */
const longestFrameBytes = 0x42ff_ffff;

/** `Uint8Array`s of this size and above are written by reference; shorter ones are copied into the block. */
const byReferenceBytes = 16 * 1024;
const maxReferenceBytes = 2048;
const firstBlockBytes = 4 * 1024;
const largestBlockBytes = 64 * 1024;

/**
 * Encodes messages as frames, one after the other in one block of memory. So several frames are one write, and no frame
 * is copied to get its length prefix. After `reuse`, which says that all bytes were written, the block is used again.
 *
 * Values may be null, booleans, numbers, bigint, strings, `Uint8Array`, arrays and objects; members that are
 * `undefined` are omitted. Large `Uint8Array`s are not copied: the caller must not change them before they are written.
 */
export class FrameEncoder {
  #block: Buffer = Buffer.alloc(0);
  /** The bytes of the block from here to #at are encoded and not in #pieces. */
  #from = 0;
  #at = 0;
  #pieces: Buffer[] = [];
  /** Bytes in #pieces. */
  #pieceBytes = 0;

  /** Bytes encoded and not yet taken. */
  get pendingBytes(): number {
    return this.#pieceBytes + this.#at - this.#from;
  }

  /**
   * Adds a frame: u32 big-endian length, then the message's msgpack. If it throws, nothing was added. A message of more
   * than `most` bytes is not added; it is returned, in pieces.
   */
  frame(message: object, most = Infinity): Buffer[] | null {
    this.#reserve(4);
    const { pendingBytes } = this;
    const block = this.#block;
    const from = this.#from;
    const at = this.#at;
    const pieces = this.#pieces.length;
    const pieceBytes = this.#pieceBytes;
    this.#at += 4;
    let bytes: number;
    try {
      this.#value(message);
      bytes = this.pendingBytes - pendingBytes - 4;
      if (bytes > longestFrameBytes && bytes <= most)
        throw new PolyprocError(
          "PayloadTooLarge",
          `a message of ${bytes} bytes cannot be sent to a peer that reads no fragments`,
          { bytes },
        );
    } catch (error) {
      this.#block = block;
      this.#from = from;
      this.#at = at;
      this.#pieces.length = pieces;
      this.#pieceBytes = pieceBytes;
      throw error;
    }
    if (bytes > most) return this.#withdraw(pieces, at - from);
    block.writeUInt32BE(bytes, at);
    return null;
  }

  /**
   * Removes the frame that was encoded last and returns its message. The frame begins in the first piece after
   * `pieces`, after `before` bytes of other frames.
   */
  #withdraw(pieces: number, before: number): Buffer[] {
    this.#cut();
    const [first, ...rest] = this.#pieces.splice(pieces) as [Buffer, ...Buffer[]];
    if (before > 0) this.#pieces.push(first.subarray(0, before));
    this.#pieceBytes = this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
    // The block may be reused before these bytes are written, so the parts in the block are copied.
    return [first.subarray(before + 4), ...rest]
      .filter((piece) => piece.length > 0)
      .map((piece) => (piece.buffer === this.#block.buffer ? Buffer.from(piece) : piece));
  }

  /** The bytes that were encoded since the last call, in order. */
  take(): Buffer[] {
    this.#cut();
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#pieceBytes = 0;
    return pieces;
  }

  /** All bytes that `take` returned were written. May be called only between `take` and the next frame. */
  reuse(): void {
    if (this.#block.length > largestBlockBytes) this.#block = Buffer.alloc(0);
    this.#from = 0;
    this.#at = 0;
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        this.#reserve(1);
        this.#block[this.#at++] = value ? 0xc3 : 0xc2;
        return;
      case "object":
        if (value === null) break;
        if (Array.isArray(value)) {
          this.#header(value.length, 0x90, 15, 0xdc);
          for (const item of value) this.#value(item);
          return;
        }
        if (value instanceof Uint8Array) return this.#bin(value);
        if (value instanceof StoredBytes) return this.#blockReference(value);
        return this.#map(value as Record<string, unknown>);
      case "bigint":
        this.#reserve(9);
        this.#block[this.#at++] = value < 0n ? 0xd3 : 0xcf;
        this.#at =
          value < 0n ? this.#block.writeBigInt64BE(value, this.#at) : this.#block.writeBigUInt64BE(value, this.#at);
        return;
      case "undefined":
        break;
      default:
        throw new TypeError(`a ${typeof value} cannot be part of a message`);
    }
    this.#reserve(1);
    this.#block[this.#at++] = 0xc0;
  }

  #blockReference({ reference }: StoredBytes): void {
    // So much that the reference is in one piece.
    this.#reserve(maxReferenceBytes);
    const from = this.#at;
    this.#at += 6;
    this.#value(reference);
    this.#block[from] = 0xc9;
    this.#block.writeUInt32BE(this.#at - from - 6, from + 1);
    this.#block[from + 5] = blockExtension;
  }

  #map(map: Record<string, unknown>): void {
    let length = 0;
    for (const key in map) if (map[key] !== undefined) length++;
    this.#header(length, 0x80, 15, 0xde);
    for (const key in map) {
      const value = map[key];
      if (value === undefined) continue;
      this.#text(key);
      this.#value(value);
    }
  }

  /** `wide`: the token of the form with a length of two bytes. The form of four bytes has the next token. */
  #header(length: number, narrow: number, narrowMax: number, wide: number): void {
    this.#reserve(5);
    const block = this.#block;
    if (length <= narrowMax) {
      block[this.#at++] = narrow | length;
    } else if (length < 0x10000) {
      block[this.#at++] = wide;
      this.#at = block.writeUInt16BE(length, this.#at);
    } else {
      block[this.#at++] = wide + 1;
      this.#at = block.writeUInt32BE(length, this.#at);
    }
  }

  #number(value: number): void {
    this.#reserve(9);
    const block = this.#block;
    if (Number.isInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) {
        if (value < 0x80) {
          block[this.#at++] = value;
          return;
        }
        if (value < 0x100) {
          block[this.#at++] = 0xcc;
          block[this.#at++] = value;
          return;
        }
        if (value < 0x10000) {
          block[this.#at++] = 0xcd;
          this.#at = block.writeUInt16BE(value, this.#at);
          return;
        }
        if (value < 0x1_0000_0000) {
          block[this.#at++] = 0xce;
          this.#at = block.writeUInt32BE(value, this.#at);
          return;
        }
        if (value <= Number.MAX_SAFE_INTEGER) {
          block[this.#at++] = 0xcf;
          this.#at = block.writeUInt32BE(Math.floor(value / 0x1_0000_0000), this.#at);
          this.#at = block.writeUInt32BE(value % 0x1_0000_0000, this.#at);
          return;
        }
      } else if (value >= -0x20) {
        block[this.#at++] = value + 0x100;
        return;
      } else if (value >= -0x8000_0000) {
        block[this.#at++] = 0xd2;
        this.#at = block.writeInt32BE(value, this.#at);
        return;
      } else if (value >= Number.MIN_SAFE_INTEGER) {
        block[this.#at++] = 0xd3;
        this.#at = block.writeBigInt64BE(BigInt(value), this.#at);
        return;
      }
    }
    block[this.#at++] = 0xcb;
    this.#at = block.writeDoubleBE(value, this.#at);
  }

  #text(text: string): void {
    const { length } = text;
    if (length < 40) {
      // A unit takes at most three bytes, usually one. ASCII is tried first, without a call out of JavaScript.
      this.#reserve(5 + length * 3);
      const block = this.#block;
      const start = this.#at + (length < 32 ? 1 : 2);
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) break;
        block[start + i] = unit;
      }
      if (i === length) {
        if (length >= 32) block[this.#at++] = 0xd9;
        block[this.#at++] = length < 32 ? 0xa0 | length : length;
        this.#at += length;
        return;
      }
    }
    const bytes = Buffer.byteLength(text);
    if (bytes < 32) {
      this.#reserve(1 + bytes);
      this.#block[this.#at++] = 0xa0 | bytes;
    } else if (bytes < 0x100) {
      this.#reserve(2 + bytes);
      this.#block[this.#at++] = 0xd9;
      this.#block[this.#at++] = bytes;
    } else {
      // -1: there is no short form for this length.
      this.#header(bytes, 0, -1, 0xda);
      this.#reserve(bytes);
    }
    this.#at += this.#block.write(text, this.#at, bytes, "utf8");
  }

  #bin(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length < 0x100) {
      this.#reserve(2 + length);
      this.#block[this.#at++] = 0xc4;
      this.#block[this.#at++] = length;
    } else {
      this.#header(length, 0, -1, 0xc5);
      if (length >= byReferenceBytes) {
        this.#cut();
        this.#pieces.push(Buffer.from(bytes.buffer, bytes.byteOffset, length));
        this.#pieceBytes += length;
        return;
      }
      this.#reserve(length);
    }
    this.#block.set(bytes, this.#at);
    this.#at += length;
  }

  /** Moves the encoded part of the block to #pieces. */
  #cut(): void {
    if (this.#at === this.#from) return;
    this.#pieces.push(this.#block.subarray(this.#from, this.#at));
    this.#pieceBytes += this.#at - this.#from;
    this.#from = this.#at;
  }

  /** Ensures that the block has this many free bytes. Bytes encoded before stay where they are. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#block.length) return;
    this.#cut();
    const next = Math.min(Math.max(this.#block.length * 2, firstBlockBytes), largestBlockBytes);
    this.#block = Buffer.allocUnsafeSlow(Math.max(next, bytes));
    this.#from = 0;
    this.#at = 0;
  }
}
