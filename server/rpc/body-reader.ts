import { PolyprocError } from "../../protocol/errors.js";
import { roomyBodyBytes, type BodyRoom } from "../handlers/body-room.js";
import { malformed, maxHeaderBytes, parseHeader } from "./header.js";

const nothing = (): void => {};

const headerEnd = "\r\n\r\n";

const defaultAdvice =
  'send it in parts or over the length-prefixed framing (protocol/SPEC.md, "Fragments"), ' +
  "or raise the limit (--max-message-bytes)";

/**
 * Cuts a stream of bytes into the bodies after `Content-Length` headers. Header and body are bounded. The buffer of a
 * body is allocated once, after its length was checked.
 */
export class BodyReader {
  /** Longest accepted body, in bytes. May be changed between messages. */
  maxMessageBytes: number;
  /** What the error about a longer body advises. Null: how to send it, or to raise the limit. */
  tooLongAdvice: string | null = null;
  readonly #onBody: (body: Buffer, release: () => void) => void;
  readonly #room: BodyRoom | null;
  /** Called when the body that waited for memory has it. The door then calls `resume`. */
  readonly #onRoom: () => void;
  /** Chunks that arrived while a body waits for memory. Null: none waits. */
  #waiting: Buffer[] | null = null;
  #header: Buffer = Buffer.alloc(0);
  #body: Buffer | null = null;
  #bodyBytes = 0;
  #stopped = false;
  /** Releases the memory of the present body. */
  #release: () => void = nothing;

  /**
   * `room` grants memory for long bodies; null: no reservation. The listener releases a body's memory with `release`.
   */
  constructor(
    onBody: (body: Buffer, release: () => void) => void,
    maxMessageBytes: number,
    room: BodyRoom | null = null,
    onRoom: () => void = () => {},
  ) {
    this.#onBody = onBody;
    this.#room = room;
    this.#onRoom = onRoom;
    this.maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes the next bytes. Throws Malformed, PayloadTooLarge, or what the listener throws; then the stream is unusable.
   */
  push(chunk: Buffer): void {
    if (this.#waiting) {
      this.#waiting.push(chunk);
      return;
    }
    let rest = chunk;
    try {
      while (rest.length > 0 && !this.#stopped) {
        rest = this.#body ? this.#pushBody(this.#body, rest) : this.#pushHeader(rest);
        if (this.resting) {
          (this.#waiting as Buffer[] | null)!.push(rest);
          return;
        }
        if (this.#body && this.#bodyBytes === this.#body.length) {
          const body = this.#body;
          this.#body = null;
          this.#onBody(body, this.#release);
          this.#release = nothing;
        }
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Whether a body waits for memory. Chunks that are pushed now are kept until `resume`. */
  get resting(): boolean {
    return this.#waiting !== null;
  }

  /** Takes the chunks that arrived while a body waited for memory. Throws as `push` does. */
  resume(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    for (const chunk of waiting ?? []) this.push(chunk);
  }

  /** From now on nothing is handed on. */
  stop(): void {
    this.#stopped = true;
    this.#body = null;
    this.#waiting = null;
    this.#release();
    this.#release = nothing;
  }

  #pushHeader(chunk: Buffer): Buffer {
    const before = this.#header.length;
    const header = before === 0 ? chunk : Buffer.concat([this.#header, chunk.subarray(0, maxHeaderBytes)]);
    const end = header.indexOf(headerEnd, Math.max(0, before - headerEnd.length + 1), "latin1");
    if (end < 0 || end > maxHeaderBytes) {
      if (header.length > maxHeaderBytes) throw malformed(`it is longer than ${maxHeaderBytes} bytes`);
      this.#header = before === 0 ? Buffer.from(header) : header;
      return Buffer.alloc(0);
    }
    const length = parseHeader(header.toString("latin1", 0, end));
    if (length > this.maxMessageBytes) {
      throw new PolyprocError(
        "PayloadTooLarge",
        `a message of ${length} bytes is longer than the limit of ${this.maxMessageBytes} bytes; ` +
          (this.tooLongAdvice ?? defaultAdvice),
        { bytes: length, maxMessageBytes: this.maxMessageBytes },
      );
    }
    this.#header = Buffer.alloc(0);
    this.#bodyBytes = 0;
    this.#begin(length);
    return chunk.subarray(end + headerEnd.length - before);
  }

  #begin(length: number): void {
    if (!this.#room || length < roomyBodyBytes) {
      this.#body = Buffer.allocUnsafeSlow(length);
      return;
    }
    this.#release = this.#room.take(length, () => {
      this.#body = Buffer.allocUnsafeSlow(length);
      if (this.#waiting) this.#onRoom();
    });
    if (!this.#body) this.#waiting = [];
  }

  #pushBody(body: Buffer, chunk: Buffer): Buffer {
    const copied = chunk.copy(body, this.#bodyBytes);
    this.#bodyBytes += copied;
    return chunk.subarray(copied);
  }
}
