import type { FrameReader } from "./frame-reader.js";

/** The type of `onread` in `new Socket({ fd, onread })`. */
export interface OnRead {
  buffer: () => Uint8Array;
  callback: (bytes: number, buffer: Uint8Array) => boolean;
}

/** Small messages are read into blocks of this size, one after the other. */
const blockBytes = 64 * 1024;
/** If less of the block is left than this, a new block begins. */
const leastRoomBytes = 16 * 1024;
/** If at least this many bytes of a frame are missing, they are read directly into its buffer. */
const directBytes = 32 * 1024;

/**
 * Lets a socket read a large frame directly into the frame's own buffer: without a copy, and in larger pieces than a
 * stream reads. A megabyte takes a quarter of the time. The intake is made before the socket; `connect` sets the
 * reader.
 */
export class DirectIntake {
  #block = Buffer.allocUnsafeSlow(blockBytes);
  #at = 0;
  #reader: FrameReader | null = null;
  #failed: (error: unknown) => void = () => {};
  #read: () => void = () => {};
  /** Whether the next bytes go into the reader's buffer. */
  #direct = false;
  #early: Buffer[] = [];

  readonly onread: OnRead = {
    buffer: () => {
      const body = this.#reader?.rest();
      this.#direct = body !== null && body !== undefined && body.length >= directBytes;
      if (this.#direct) return body!;
      if (blockBytes - this.#at < leastRoomBytes) {
        this.#block = Buffer.allocUnsafeSlow(blockBytes);
        this.#at = 0;
      }
      return this.#block.subarray(this.#at);
    },
    callback: (bytes) => {
      if (this.#direct) {
        this.#take((reader) => reader.restRead(bytes));
        return true;
      }
      const chunk = this.#block.subarray(this.#at, this.#at + bytes);
      this.#at += bytes;
      if (this.#reader) this.#take((reader) => reader.push(chunk));
      else this.#early.push(chunk);
      return true;
    },
  };

  /**
   * From now on the reader gets all bytes, first those that came before. `failed` is called with what the reader
   * throws,
   * `read` after each piece.
   */
  connect(reader: FrameReader, failed: (error: unknown) => void, read: () => void = () => {}): void {
    this.#reader = reader;
    this.#failed = failed;
    this.#read = read;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) this.#take(() => reader.push(chunk));
  }

  #take(read: (reader: FrameReader) => void): void {
    try {
      read(this.#reader!);
    } catch (error) {
      this.#failed(error);
      return;
    }
    this.#read();
  }
}
