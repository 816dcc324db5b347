import { PolyprocError } from "../../protocol/errors.js";
import { Deque } from "../engine/deque.js";

/** A message there is one write, which a FIFO takes in whole or not at all. */
const maxRecordBytes = 4096;
const headBytes = 12;
/** While messages that take more memory than this wait for the connection, no more are read. */
const maxKeptBytes = 1024 * 1024;
/** What a message takes beside its bytes, roughly. */
const overheadBytes = 256;

interface Note {
  /** How many bytes of the connection come before it. */
  readonly after: number;
  readonly body: Buffer;
}

/**
 * Messages that come beside a connection, each with the number of bytes that its sender had sent on the connection before: they are handed on between
 * the messages of the connection, in the order in which all of them were sent.
 */
export class Aside {
  readonly #read: () => Uint8Array | null;
  readonly #onBody: (buffer: Buffer, start: number, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  readonly #notes = new Deque<Note>();
  #keptBytes = 0;
  #stopped = false;

  constructor(read: () => Uint8Array | null, onBody: (buffer: Buffer, start: number, end: number) => void) {
    this.#read = read;
    this.#onBody = onBody;
  }

  /**
   * Takes in what is there. While much of what it took waits for the connection, the rest stays in the pipe, so a host cannot fill the server's
   * memory. Fails with Malformed if it is not messages.
   */
  pull(): void {
    if (this.#stopped || this.#keptBytes > maxKeptBytes) return;
    const data = this.#read();
    if (data === null) return;
    const buffer = this.#rest.length > 0 ? Buffer.concat([this.#rest, data]) : Buffer.from(data.buffer, data.byteOffset, data.length);
    let at = 0;
    while (buffer.length - at >= headBytes) {
      const length = buffer.readUInt32BE(at + 8);
      if (length > maxRecordBytes) throw new PolyprocError("Malformed", `a message of ${length} bytes in the aside pipe, which takes ${maxRecordBytes}`);
      const end = at + headBytes + length;
      if (end > buffer.length) break;
      this.#notes.push({ after: Number(buffer.readBigUInt64BE(at)), body: buffer.subarray(at + headBytes, end) });
      this.#keptBytes += overheadBytes + length;
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }

  /**
   * Hands on those that were sent before anything beyond the first `bytes` of the connection. Each is handed on once, also when that throws or
   * calls this again.
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

  /** Nothing more is handed on. */
  stop(): void {
    this.#stopped = true;
    this.#notes.clear();
    this.#rest = Buffer.alloc(0);
  }
}
