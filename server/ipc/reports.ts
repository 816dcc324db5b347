import { PolyprocError } from "../../protocol/errors.js";
import { Deque } from "../engine/deque.js";
import type { Reports } from "../engine/processes/spawner.js";

/** Longest write into the report channel, and so its longest message: a FIFO takes it whole or not at all. */
const maxRecordBytes = 4096;
const headBytes = 12;
/** While messages that take more memory than this wait for the connection, the channel is not read. */
const maxKeptBytes = 1024 * 1024;
/** Rough memory of a waiting message beside its bytes. */
const overheadBytes = 256;

interface Note {
  /** Bytes that the host had sent on the connection before this message. */
  readonly after: number;
  readonly body: Buffer;
}

/**
 * Messages of a host's report channel. Each says how many bytes its sender had sent on the connection before it. By
 * this number they are handed on between the messages of the connection, in the order in which all were sent.
 */
export class ReportReader {
  readonly #channel: Reports;
  readonly #onBody: (buffer: Buffer, start: number, end: number) => void;
  #rest: Buffer = Buffer.alloc(0);
  readonly #notes = new Deque<Note>();
  #keptBytes = 0;
  #count = 0;
  #stopped = false;
  /** The connection is not read at the moment. */
  #held = false;
  /** The channel was told to read no more. */
  #resting = false;

  /** `arrived`: called when messages have come that may be handed on. */
  constructor(
    channel: Reports,
    onBody: (buffer: Buffer, start: number, end: number) => void,
    arrived: () => void,
    failed: (error: unknown) => void,
  ) {
    this.#channel = channel;
    this.#onBody = onBody;
    channel.listen((data) => {
      if (this.#stopped) return false;
      try {
        this.#add(data);
        arrived();
      } catch (error) {
        failed(error);
      }
      if (this.#mayRead) return true;
      this.#resting = true;
      return false;
    });
  }

  get #mayRead(): boolean {
    return !this.#stopped && !this.#held && this.#keptBytes <= maxKeptBytes;
  }

  /** Nothing more is read, as nothing is read from the connection. */
  pause(): void {
    this.#held = true;
  }

  resume(): void {
    this.#held = false;
    this.#readOn();
  }

  /** Reads on until `count` messages have come, if there are as many. */
  readUpTo(count: number): void {
    if (this.#count < count && this.#keptBytes <= maxKeptBytes) this.#channel.pull();
  }

  /**
   * Hands on the messages that were sent before byte `bytes` of the connection. Each is handed on once, even if the
   * listener throws or calls this again.
   */
  handOn(bytes: number): void {
    for (let note = this.#notes.peek(); note && note.after <= bytes; note = this.#notes.peek()) {
      this.#notes.shift();
      this.#keptBytes -= overheadBytes + note.body.length;
      this.#onBody(note.body, 0, note.body.length);
    }
    this.#readOn();
  }

  #readOn(): void {
    if (!this.#resting || !this.#mayRead) return;
    this.#resting = false;
    this.#channel.resume();
  }

  /** From now on nothing is read or handed on. */
  stop(): void {
    this.#stopped = true;
    this.#notes.clear();
    this.#rest = Buffer.alloc(0);
  }

  /** Throws Malformed if the bytes are not messages. */
  #add(data: Uint8Array): void {
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
          `a message of ${length} bytes in the report channel, where at most ${maxRecordBytes} are allowed`,
        );
      const end = at + headBytes + length;
      if (end > buffer.length) break;
      const after = buffer.readUInt32BE(at) * 0x1_0000_0000 + buffer.readUInt32BE(at + 4);
      this.#notes.push({ after, body: buffer.subarray(at + headBytes, end) });
      this.#keptBytes += overheadBytes + length;
      this.#count++;
      at = end;
    }
    this.#rest = buffer.subarray(at);
  }
}
