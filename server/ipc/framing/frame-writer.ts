import type { Duplex } from "node:stream";
import { FrameEncoder } from "./encoder.js";

/** Frames are written before the end of the tick once they come to this many bytes, so that the reader can begin. */
const earlyWriteBytes = 64 * 1024;

/** A listener of `onDrain` is called once fewer bytes than this are left. */
const lowWaterBytes = 256 * 1024;

/** How long a frame that nobody waits for may wait for company, in milliseconds. */
const unhurriedMs = 10;

/**
 * Writes messages as frames. All frames of one tick of the event loop become one write. Nothing is refused when the other side reads slowly:
 * whoever produces much looks at `backlogBytes` and waits for `onDrain`.
 */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #encoder = new FrameEncoder();
  #scheduled = false;
  /** A timer will send what nobody waits for. */
  #hurries = false;
  #drainListeners: (() => void)[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("drain", this.#drained);
  }

  /** Bytes that were written here and that the operating system has not taken. */
  get backlogBytes(): number {
    return this.#encoder.pendingBytes + this.#stream.writableLength;
  }

  /** Adds a frame to this tick's write. */
  write(message: object): void {
    this.#encoder.frame(message);
    if (this.#encoder.pendingBytes >= earlyWriteBytes) this.flush();
    else this.#schedule();
  }

  /** Adds a frame to the next write, which comes within some milliseconds: for what nobody waits for. */
  writeUnhurried(message: object): void {
    this.#encoder.frame(message);
    if (this.#encoder.pendingBytes >= earlyWriteBytes) this.flush();
    if (this.#hurries) return;
    this.#hurries = true;
    setTimeout(this.#hurry, unhurriedMs).unref();
  }

  readonly #hurry = (): void => {
    this.#hurries = false;
    this.flush();
  };

  /** Hands over what was written so far, now: when the operating system has room, it has the bytes before this returns. */
  readonly flush = (): void => {
    this.#scheduled = false;
    const stream = this.#stream;
    const pieces = this.#encoder.take();
    if (pieces.length === 0) return;
    if (stream.destroyed || stream.writableEnded) {
      this.#encoder.reuse();
      return;
    }
    if (pieces.length === 1) {
      stream.write(pieces[0]!);
    } else {
      stream.cork();
      for (const piece of pieces) stream.write(piece);
      stream.uncork();
    }
    if (stream.writableLength === 0) this.#encoder.reuse();
  };

  /** Calls once, as soon as little is left to write; at the next tick when that is so already. */
  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
    if (this.backlogBytes < lowWaterBytes) setImmediate(this.#drained);
  }

  /** Writes what is left, then ends the stream's writing side. */
  end(): void {
    this.flush();
    this.#stream.end();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.flush);
  }

  readonly #drained = (): void => {
    if (this.backlogBytes >= lowWaterBytes || this.#drainListeners.length === 0) return;
    const listeners = this.#drainListeners;
    this.#drainListeners = [];
    for (const listener of listeners) listener();
  };
}
