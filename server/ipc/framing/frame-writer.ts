import type { Duplex } from "node:stream";
import { FrameEncoder } from "./encoder.js";
import { fragmentBytes, fragmentedBytes, fragmentOverheadBytes } from "./fragments.js";
import { LargeLine } from "./large-line.js";

/** At this many bytes, frames are written before the end of the tick, so that the reader can begin. */
const earlyWriteBytes = 64 * 1024;

/** Listeners of `onDrain` are called when fewer bytes than this are left. */
const lowWaterBytes = 256 * 1024;

/** Milliseconds that a frame that goes `later` may wait, so that it can be sent together with other frames. */
const laterMs = 10;

/**
 * When a frame is written. `now`: with all others of this tick. `ahead`: so, too, before large messages that are being
 * sent. `later`: with the next ones, within 10 ms; for answers to casts, whose senders do not wait.
 */
export type WriteTime = "now" | "ahead" | "later";

/**
 * Writes messages as frames. All frames of one tick of the event loop become one write. It accepts messages even if the
 * peer reads slowly: a caller that produces much checks `backlogBytes` and waits for `onDrain`.
 *
 * A message of more than `fragmentedBytes` is sent in fragments; each is written when the stream has taken the one
 * before. Later messages wait until the large one is sent, except those that go `ahead`.
 */
export class FrameWriter {
  readonly #stream: Duplex;
  readonly #encoder = new FrameEncoder();
  readonly #line = new LargeLine();
  /** Longer messages are sent in fragments. */
  #most = Infinity;
  #scheduled = false;
  /** Writes the frames that go `later`; undefined: there are none. */
  #laterTimer: NodeJS.Timeout | undefined;
  #ending = false;
  #drainListeners: (() => void)[] = [];
  #frameDrainListeners: (() => void)[] = [];

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("drain", this.#drained);
  }

  /** The peer reads fragments, and frames up to this length. */
  useFragments(maxMessageBytes: number): void {
    this.#most = Math.min(fragmentedBytes, maxMessageBytes);
    this.#line.fragmentBytes = Math.min(fragmentBytes, maxMessageBytes - fragmentOverheadBytes);
  }

  /** Bytes that the operating system has not taken yet. */
  get backlogBytes(): number {
    return this.#line.isEmpty ? this.frameBacklogBytes : this.frameBacklogBytes + this.#line.largeBytes;
  }

  /** The same without large messages. */
  get frameBacklogBytes(): number {
    const bytes = this.#encoder.pendingBytes + this.#stream.writableLength;
    return this.#line.isEmpty ? bytes : bytes + this.#line.frameBytes;
  }

  /** Whether a large message is being sent: later ones wait for it. */
  get holds(): boolean {
    return !this.#line.isEmpty;
  }

  /** Adds a frame to the next write. */
  write(message: object, when: WriteTime = "now"): void {
    this.#add(message, when);
    if (this.#encoder.pendingBytes >= earlyWriteBytes) this.flush();
    else if (when !== "later") this.#schedule();
    if (when === "later" && !this.#laterTimer) this.#laterTimer = setTimeout(this.#writeLate, laterMs).unref();
  }

  readonly #writeLate = (): void => {
    this.#laterTimer = undefined;
    this.flush();
  };

  /** Writes all frames now. If the operating system has space, it has the bytes before this returns. */
  readonly flush = (): void => {
    this.#scheduled = false;
    this.#writeFrames();
    if (!this.#line.isEmpty) this.#pump();
  };

  /** Calls back once, when little is left to write; in the next tick if that is already so. */
  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
    if (this.backlogBytes < lowWaterBytes) setImmediate(this.#drained);
  }

  /** The same, without large messages. */
  onFrameDrain(listener: () => void): void {
    this.#frameDrainListeners.push(listener);
    if (this.frameBacklogBytes < lowWaterBytes) setImmediate(this.#drained);
  }

  /** Writes all that is left, then ends the writing side of the stream. */
  end(): void {
    this.flush();
    if (this.#line.isEmpty) this.#stream.end();
    else this.#ending = true;
  }

  /** Drops the rest of a large message and what waits for it. The stream ends in the middle of that message. */
  endNow(): void {
    this.#line.clear();
    this.end();
  }

  #add(message: object, when: WriteTime): void {
    const encoder = this.#line.isEmpty || when === "ahead" ? this.#encoder : this.#line.tail();
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
