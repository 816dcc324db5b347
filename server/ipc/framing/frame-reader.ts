import { PolyprocError } from "../../../protocol/errors.js";
import { fragmentBit } from "./fragments.js";
import { LargeMessage, type LargeIntake } from "./large-message.js";

/** Default of the largest frame: 64 MiB. */
export const defaultMaxMessageBytes = 64 * 1024 * 1024;

/** The body of one message: the bytes from `start` to `end` of `buffer`. */
export type BodyListener = (buffer: Buffer, start: number, end: number) => void;

/**
 * Cuts a stream of bytes into frames (u32 big-endian length, then the body), and joins the fragments of large messages.
 * A body that is complete in its chunk is handed on without a copy. Any other body gets its own buffer, allocated once,
 * after its length was checked.
 */
export class FrameReader {
  /** Longest accepted frame, in bytes. May be changed between frames. */
  maxMessageBytes: number;
  /** What the error about a longer frame advises. Null: how to send it, or to raise the limit. */
  tooLongAdvice: string | null = null;
  /** Bytes of the stream whose frames were handed on. */
  handed = 0;
  readonly #onBody: BodyListener;
  readonly #intake: LargeIntake | null;
  #prefix = 0;
  #prefixBytes = 0;
  #body: Buffer | null = null;
  #bodyBytes = 0;
  /** Releases the memory of the present body. */
  #releaseBody: () => void = nothing;
  /** The message whose fragments are arriving. */
  #large: LargeMessage | null = null;
  /** Length of the present fragment, and how many of its bytes are missing. */
  #fragmentBytes = 0;
  #fragmentLeft = 0;
  /** Chunks that arrived while a message waits for memory. Null: none waits. */
  #waiting: Buffer[] | null = null;
  #stopped = false;

  /** `intake` decides whether messages in fragments are read. Without it they are refused. */
  constructor(onBody: BodyListener, maxMessageBytes = defaultMaxMessageBytes, intake: LargeIntake | null = null) {
    this.#onBody = onBody;
    this.maxMessageBytes = maxMessageBytes;
    this.#intake = intake;
  }

  /** Whether the stream is between two messages. */
  get atBoundary(): boolean {
    return this.#body === null && this.#prefixBytes === 0 && this.#large === null;
  }

  /** Whether a message waits for memory. Chunks that are pushed now are kept until `resume`. */
  get resting(): boolean {
    return this.#waiting !== null;
  }

  /**
   * Takes the next bytes of the stream and hands on every body that they complete. Throws PayloadTooLarge at a length
   * beyond `maxMessageBytes`, Malformed at fragments that contradict each other, and what the listener throws. After an
   * exception the stream cannot be read further.
   */
  push(chunk: Buffer): void {
    if (this.#waiting) {
      this.#waiting.push(chunk);
      return;
    }
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      if (this.#body) {
        const copied = chunk.copy(this.#body, this.#bodyBytes, at);
        at += copied;
        this.#bodyBytes += copied;
        if (this.#bodyBytes < this.#body.length) return;
        this.#handBody();
        continue;
      }
      if (this.#fragmentLeft > 0) {
        const end = Math.min(chunk.length, at + this.#fragmentLeft);
        const taken = this.#guarded(() => this.#large!.take(chunk, at, end));
        at += taken;
        this.#fragmentCame(taken);
        if (this.#large && !this.#large.admitted) {
          this.#waiting = at < chunk.length ? [chunk.subarray(at)] : [];
          return;
        }
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
      if (length >= fragmentBit) {
        this.#guarded(() => this.#beginFragment(length - fragmentBit));
        continue;
      }
      if (length > this.maxMessageBytes) throw this.#tooLong(length);
      if (length <= chunk.length - at) {
        at += length;
        this.#hand(chunk, at - length, at);
        continue;
      }
      if (!this.#beginBody(length)) {
        this.#waiting = at < chunk.length ? [chunk.subarray(at)] : [];
        return;
      }
    }
  }

  /** There is memory for the message that waited. Takes the chunks that arrived since. */
  resume(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (!waiting) return;
    for (const chunk of waiting) this.push(chunk);
  }

  /**
   * The missing part of the present body or fragment, for a caller that reads directly into it. Null between messages.
   */
  rest(): Buffer | null {
    if (this.#body) return this.#body.subarray(this.#bodyBytes);
    return this.#fragmentLeft > 0 && !this.#waiting ? this.#large!.room(this.#fragmentLeft) : null;
  }

  /** The next `bytes` of the stream were read into `rest()`. */
  restRead(bytes: number): void {
    const body = this.#body;
    if (body) {
      this.#bodyBytes += bytes;
      if (this.#bodyBytes === body.length) this.#handBody();
      return;
    }
    const large = this.#large;
    if (!large || this.#stopped) return;
    this.#guarded(() => large.came(bytes));
    this.#fragmentCame(bytes);
  }

  /** From now on nothing is handed on. */
  stop(): void {
    this.#stopped = true;
    this.#body = null;
    this.#releaseBody();
    this.#releaseBody = nothing;
    this.#waiting = null;
    this.#fragmentLeft = 0;
    this.#large?.end();
    this.#large = null;
  }

  /** Returns false if the body waits for memory. */
  #beginBody(length: number): boolean {
    this.#bodyBytes = 0;
    const room = this.#intake?.frames;
    if (!room || length < room.leastBytes) {
      this.#body = length < 4096 ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
      return true;
    }
    this.#releaseBody = room.take(length, () => (this.#body = Buffer.allocUnsafeSlow(length)));
    return this.#body !== null;
  }

  #handBody(): void {
    const body = this.#body!;
    this.#body = null;
    // Released before the request is handled: the request may itself need memory.
    this.#releaseBody();
    this.#releaseBody = nothing;
    this.#hand(body, 0, body.length);
  }

  #tooLong(length: number): PolyprocError {
    this.stop();
    return new PolyprocError(
      "PayloadTooLarge",
      `a frame of ${length} bytes is longer than the limit of ${this.maxMessageBytes} bytes; ` +
        `${this.tooLongAdvice ?? "send it in fragments or in parts, or raise the limit (--max-message-bytes)"}`,
      { bytes: length, maxMessageBytes: this.maxMessageBytes },
    );
  }

  #beginFragment(length: number): void {
    if (!this.#intake || this.#intake.maxPayloadBytes === 0)
      throw malformed("fragments before initialize or worker/ready was answered");
    if (length > this.maxMessageBytes) throw this.#tooLong(length);
    if (length === 0) throw malformed("a fragment of 0 bytes");
    this.#large ??= new LargeMessage(this.#intake);
    this.#large.requireFits(length);
    this.#fragmentBytes = this.#fragmentLeft = length;
  }

  #fragmentCame(bytes: number): void {
    this.#fragmentLeft -= bytes;
    if (this.#fragmentLeft > 0) return;
    const large = this.#large!;
    this.#guarded(() => large.requireHead());
    if (!large.complete) {
      this.handed += 4 + this.#fragmentBytes;
      return;
    }
    this.#large = null;
    const body = large.end();
    if (body) this.#hand(body, 0, body.length, this.#fragmentBytes);
    else this.handed += 4 + this.#fragmentBytes;
  }

  #hand(buffer: Buffer, start: number, end: number, frameBytes = end - start): void {
    try {
      this.#onBody(buffer, start, end);
      this.handed += 4 + frameBytes;
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.stop();
      throw error;
    }
  }
}

const nothing = (): void => {};

function malformed(what: string): PolyprocError {
  return new PolyprocError(
    "Malformed",
    `the stream has ${what}: compare the sender with protocol/SPEC.md, "Fragments"`,
  );
}
