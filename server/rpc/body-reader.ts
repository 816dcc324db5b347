import { PolyprocError } from "../../protocol/errors.js";
import { malformed, maxHeaderBytes, parseHeader } from "./header.js";

const headerEnd = "\r\n\r\n";

/**
 * Cuts a stream of bytes into the bodies that follow `Content-Length` headers. Header and body are bounded, and a body's buffer is
 * allocated once, after its length was checked.
 */
export class BodyReader {
  /** Longest body that is accepted, in bytes. May be changed between messages. */
  maxMessageBytes: number;
  readonly #onBody: (body: Buffer) => void;
  #header: Buffer = Buffer.alloc(0);
  #body: Buffer | null = null;
  #bodyBytes = 0;
  #stopped = false;

  constructor(onBody: (body: Buffer) => void, maxMessageBytes: number) {
    this.#onBody = onBody;
    this.maxMessageBytes = maxMessageBytes;
  }

  /** Takes the next bytes. Fails with Malformed, with PayloadTooLarge, or with what the listener throws; the stream cannot be read further then. */
  push(chunk: Buffer): void {
    let rest = chunk;
    try {
      while (rest.length > 0 && !this.#stopped) {
        rest = this.#body ? this.#pushBody(this.#body, rest) : this.#pushHeader(rest);
        if (this.#body && this.#bodyBytes === this.#body.length) {
          const body = this.#body;
          this.#body = null;
          this.#onBody(body);
        }
      }
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Nothing more is handed on. */
  stop(): void {
    this.#stopped = true;
    this.#body = null;
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
      throw new PolyprocError("PayloadTooLarge", `a message of ${length} bytes is more than the ${this.maxMessageBytes} that are read here; send it in parts, or raise the limit (--max-message-bytes)`, { bytes: length, maxMessageBytes: this.maxMessageBytes });
    }
    this.#header = Buffer.alloc(0);
    this.#body = Buffer.allocUnsafeSlow(length);
    this.#bodyBytes = 0;
    return chunk.subarray(end + headerEnd.length - before);
  }

  #pushBody(body: Buffer, chunk: Buffer): Buffer {
    const copied = chunk.copy(body, this.#bodyBytes);
    this.#bodyBytes += copied;
    return chunk.subarray(copied);
  }
}
