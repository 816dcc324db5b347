import { PolyprocError } from "../../protocol/errors.js";

/** A message there is one write, which a FIFO takes in whole or not at all. */
const maxRecordBytes = 4096;
const headBytes = 12;

interface Note {
  /** So many bytes of the connection come before it. */
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
  #notes: Note[] = [];

  constructor(read: () => Uint8Array | null, onBody: (buffer: Buffer, start: number, end: number) => void) {
    this.#read = read;
    this.#onBody = onBody;
  }

  /** Takes in what is there. Fails with Malformed when it is no messages. */
  pull(): void {
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
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }

  /** Hands on those that were sent before anything beyond the first `bytes` of the connection. */
  handOn(bytes: number): void {
    for (let i = 0; i < this.#notes.length; i++) {
      const { after, body } = this.#notes[i]!;
      if (after > bytes) {
        this.#notes.splice(0, i);
        return;
      }
      this.#onBody(body, 0, body.length);
    }
    this.#notes = [];
  }
}
