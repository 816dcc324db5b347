import { PolyprocError } from "../../protocol/errors.js";
import { Deque } from "../engine/deque.js";

/** A message in the aside pipe is one write. A FIFO takes a write of this length whole or not at all. */
const maxRecordBytes = 4096;
const headBytes = 12;
/** While messages that take more memory than this wait for the connection, the pipe is not read. */
const maxKeptBytes = 1024 * 1024;
/**
 * A host may write into its aside pipe for one millisecond after it has begun to send something. A timer counts whole
 * milliseconds, on some systems by a clock that may be one late, so it can end almost two milliseconds early.
 */
const lookMs = 3;
/** Rough memory of a waiting message beside its bytes. */
const overheadBytes = 256;

interface Note {
  /** Bytes that the host had sent on the connection before this message. */
  readonly after: number;
  readonly body: Buffer;
}

/**
 * Messages of an aside pipe. Each says how many bytes its sender had sent on the connection before it. By this number
 * they are handed on between the messages of the connection, in the order in which all of them were sent.
 */
export class Aside {
  readonly #read: () => Uint8Array | null;
  readonly #onBody: (buffer: Buffer, start: number, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  readonly #notes = new Deque<Note>();
  #keptBytes = 0;
  #stopped = false;
  /** The next planned look. `heard`: something was received since it was planned. */
  #look: { readonly timer: NodeJS.Timeout; heard: boolean } | null = null;

  constructor(read: () => Uint8Array | null, onBody: (buffer: Buffer, start: number, end: number) => void) {
    this.#read = read;
    this.#onBody = onBody;
  }

  /**
   * Reads the pipe. While many messages wait for the connection, the rest stays in the pipe, so a host cannot fill the
   * server's memory. Throws Malformed if the bytes are not messages.
   */
  pull(): void {
    if (this.#stopped || this.#keptBytes > maxKeptBytes) return;
    const data = this.#read();
    if (data === null) return;
    const buffer =
      this.#rest.length > 0
        ? Buffer.concat([this.#rest, data])
        : Buffer.from(data.buffer, data.byteOffset, data.length);
    let at = 0;
    while (buffer.length - at >= headBytes) {
      const length = buffer.readUInt32BE(at + 8);
      if (length > maxRecordBytes)
        throw new PolyprocError(
          "Malformed",
          `a message of ${length} bytes in the aside pipe, where at most ${maxRecordBytes} are allowed`,
        );
      const end = at + headBytes + length;
      if (end > buffer.length) break;
      this.#notes.push({ after: Number(buffer.readBigUInt64BE(at)), body: buffer.subarray(at + headBytes, end) });
      this.#keptBytes += overheadBytes + length;
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }

  /**
   * Hands on the messages that were sent before byte `bytes` of the connection. Each is handed on once, even if the
   * listener throws or calls this again.
   */
  handOn(bytes: number): void {
    for (;;) {
      const note = this.#notes.peek();
      if (!note || note.after > bytes) return;
      this.#notes.shift();
      this.#keptBytes -= overheadBytes + note.body.length;
      this.#onBody(note.body, 0, note.body.length);
    }
  }

  /** Something was received: calls `look` after `lookMs`. While more is received, calls it at that interval. */
  lookLater(look: () => void): void {
    if (this.#stopped) return;
    if (this.#look) {
      this.#look.heard = true;
      return;
    }
    const timer = setTimeout(() => {
      const again = this.#look?.heard;
      this.#look = null;
      look();
      if (again) this.lookLater(look);
    }, lookMs).unref();
    this.#look = { timer, heard: false };
  }

  /** From now on nothing is read or handed on. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#look?.timer);
    this.#notes.clear();
    this.#rest = Buffer.alloc(0);
  }
}
