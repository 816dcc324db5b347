import { PolyprocError } from "../../../protocol/errors.js";

/** Largest frame unless told otherwise: 64 MiB. */
export const defaultMaxMessageBytes = 64 * 1024 * 1024;

/** The body of one frame: the bytes from `start` to `end` of `buffer`. */
export type BodyListener = (buffer: Buffer, start: number, end: number) => void;

/**
 * Cuts a stream of bytes into frames (u32 big-endian length, then the body). A body that lies whole in the chunk it came with is handed on
 * without a copy; any other gets a buffer of its own, allocated once, after its length was checked.
 */
export class FrameReader {
  /** Longest body that is accepted, in bytes. May be changed between frames. */
  maxMessageBytes: number;
  /** Bytes of the stream whose frames have been handed on. */
  handed = 0;
  readonly #onBody: BodyListener;
  #prefix = 0;
  #prefixBytes = 0;
  #body: Buffer | null = null;
  #bodyBytes = 0;
  #stopped = false;

  constructor(onBody: BodyListener, maxMessageBytes = defaultMaxMessageBytes) {
    this.#onBody = onBody;
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Whether the stream ended between frames, as it should. */
  get atBoundary(): boolean {
    return this.#body === null && this.#prefixBytes === 0;
  }

  /**
   * Takes the next bytes of the stream and hands on every body that they complete. Fails with PayloadTooLarge at a length beyond
   * `maxMessageBytes`, and with whatever the listener throws; either way the stream cannot be read further.
   */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#body) {
        const copied = chunk.copy(this.#body, this.#bodyBytes, at);
        at += copied;
        this.#bodyBytes += copied;
        if (this.#bodyBytes < this.#body.length) return;
        const body = this.#body;
        this.#body = null;
        this.#hand(body, 0, body.length);
        continue;
      }
      if (this.#prefixBytes === 0 && chunk.length - at >= 4) {
        this.#prefix = chunk.readUInt32BE(at);
        at += 4;
      } else {
        this.#prefix = this.#prefix * 0x100 + chunk[at++]!;
        if (++this.#prefixBytes < 4) continue;
      }
      const length = this.#prefix;
      this.#prefix = 0;
      this.#prefixBytes = 0;
      if (length > this.maxMessageBytes) {
        this.#stopped = true;
        throw new PolyprocError("PayloadTooLarge", `a message of ${length} bytes is more than the ${this.maxMessageBytes} that are read here; send it in parts, or raise the limit (--max-message-bytes)`, { bytes: length, maxMessageBytes: this.maxMessageBytes });
      }
      if (length <= chunk.length - at) {
        at += length;
        this.#hand(chunk, at - length, at);
        continue;
      }
      this.#body = length < 4096 ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
      this.#bodyBytes = 0;
    }
  }

  /** The part of the present body that is still to come, for who can read straight into it; null between bodies. */
  rest(): Buffer | null {
    return this.#body === null ? null : this.#body.subarray(this.#bodyBytes);
  }

  /** The next `bytes` of the stream were read into `rest()`. */
  restRead(bytes: number): void {
    const body = this.#body;
    if (!body) return;
    this.#bodyBytes += bytes;
    if (this.#bodyBytes < body.length) return;
    this.#body = null;
    this.#hand(body, 0, body.length);
  }

  /** Nothing more is handed on, of what was pushed before or is pushed later. */
  stop(): void {
    this.#stopped = true;
    this.#body = null;
  }

  #hand(buffer: Buffer, start: number, end: number): void {
    try {
      this.#onBody(buffer, start, end);
      this.handed += 4 + end - start;
    } catch (error) {
      this.stop();
      throw error;
    }
  }
}
