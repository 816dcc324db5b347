import type { Duplex } from "node:stream";
import { FrameEncoder } from "./encoder.js";
import { fragmentBytes, fragmentedBytes, fragmentOverheadBytes } from "./fragments.js";
import { LargeLine } from "./large-line.js";

/** Frames are written before the end of the tick once they come to this many bytes, so that the reader can begin. */
const earlyWriteBytes = 64 * 1024;

/** A listener of `onDrain` is called once fewer bytes than this are left. */
const lowWaterBytes = 256 * 1024;

/** How long a frame that nobody waits for may wait for company, in milliseconds. */
const unhurriedMs = 10;

/**
 * Writes messages as frames. All frames of one tick of the event loop become one write. Nothing is refused when the other side reads slowly: a caller that
 * produces much looks at `backlogBytes` and waits for `onDrain`.
 *
 * A message of more than `fragmentedBytes` goes in fragments, each as the stream takes the one before. What is written after it waits until it has left,
 * except for urgent messages.
 */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #encoder = new FrameEncoder();
  readonly #line = new LargeLine();
  /** Longer messages go in fragments. */
  #most = Infinity;
  #scheduled = false;
  /** A timer will send what nobody waits for. */
  #hurries = false;
  #ending = false;
  #drainListeners: (() => void)[] = [];
  #frameDrainListeners: (() => void)[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("drain", this.#drained);
  }

  /** From now on the other side reads fragments, and no longer frames than this. */
  useFragments(maxMessageBytes: number): void {
    this.#most = Math.min(fragmentedBytes, maxMessageBytes);
    this.#line.fragmentBytes = Math.min(fragmentBytes, maxMessageBytes - fragmentOverheadBytes);
  }

  /** Bytes that were written here and that the operating system has not taken. */
  get backlogBytes(): number {
    return this.#line.isEmpty ? this.frameBacklogBytes : this.frameBacklogBytes + this.#line.largeBytes;
  }

  /** The same without large messages. */
  get frameBacklogBytes(): number {
    const bytes = this.#encoder.pendingBytes + this.#stream.writableLength;
    return this.#line.isEmpty ? bytes : bytes + this.#line.frameBytes;
  }

  /** Whether messages wait for a large one to leave. */
  get holds(): boolean {
    return !this.#line.isEmpty;
  }

  /** Adds a frame to this tick's write. `urgent`: before what waits for a large message. */
  write(message: object, urgent = false): void {
    this.#add(message, urgent);
    if (this.#encoder.pendingBytes >= earlyWriteBytes) this.flush();
    else this.#schedule();
  }

  /** Adds a frame to the next write, which comes within some milliseconds: for what nobody waits for. */
  writeUnhurried(message: object): void {
    this.#add(message, false);
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
    this.#writeFrames();
    if (!this.#line.isEmpty) this.#pump();
  };

  /** Calls once, as soon as little is left to write; at the next tick when that is so already. */
  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
    if (this.backlogBytes < lowWaterBytes) setImmediate(this.#drained);
  }

  /** The same for what is left besides large messages. */
  onFrameDrain(listener: () => void): void {
    this.#frameDrainListeners.push(listener);
    if (this.frameBacklogBytes < lowWaterBytes) setImmediate(this.#drained);
  }

  /** Writes what is left, then ends the stream's writing side. */
  end(): void {
    this.flush();
    if (this.#line.isEmpty) this.#stream.end();
    else this.#ending = true;
  }

  /** Drops what waits for a large message, and the rest of that: the stream ends in the middle of it. */
  endNow(): void {
    this.#line.clear();
    this.end();
  }

  #add(message: object, urgent: boolean): void {
    const encoder = this.#line.isEmpty || urgent ? this.#encoder : this.#line.tail();
    const large = encoder.frame(message, this.#most);
    if (large) this.#line.add(large, (message as { id?: unknown }).id);
  }

  #writeFrames(): void {
    const stream = this.#stream;
    const pieces = this.#encoder.take();
    if (pieces.length === 0) return;
    if (this.#isOver) {
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
  }

  #pump(): void {
    this.#writeFrames();
    while (!this.#line.isEmpty && this.#stream.writableLength < lowWaterBytes) {
      if (this.#isOver) this.#line.clear();
      else this.#line.writeNext(this.#stream);
    }
    if (this.#ending && this.#line.isEmpty) this.#stream.end();
  }

  get #isOver(): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(this.flush);
  }

  readonly #drained = (): void => {
    if (!this.#line.isEmpty) this.#pump();
    if (this.#frameDrainListeners.length > 0 && this.frameBacklogBytes < lowWaterBytes) {
      for (const listener of this.#frameDrainListeners.splice(0)) listener();
    }
    if (this.#drainListeners.length > 0 && this.backlogBytes < lowWaterBytes) {
      for (const listener of this.#drainListeners.splice(0)) listener();
    }
  };
}
