import type { Budget } from "../engine/budget.js";
import { highWaterBytes } from "../engine/peer.js";
import type { ReadingPause } from "./reading-pause.js";

/** A backlog up to this size is not charged. */
const freeBytes = 256 * 1024;

/** What a door writes with. Listeners are called once, when less than 256 KiB are left. */
export interface BacklogWriter {
  /** Bytes that the operating system has not taken yet. */
  readonly backlogBytes: number;
  onDrain(listener: () => void): void;
  /** The same without large messages, which are sent in fragments: those have memory reserved. */
  readonly frameBacklogBytes: number;
  onFrameDrain(listener: () => void): void;
}

/**
 * What a peer leaves unread. It is charged to the server's memory budget. While it is large, the peer's own messages
 * are not read. Large messages count for the charge only: while one is being sent, the peer's messages are still read.
 */
export class Backlog {
  readonly #budget: Budget;
  readonly #writer: BacklogWriter;
  readonly #pause: ReadingPause;
  #charged = 0;
  #state: "drained" | "awaitsDrain" | "ended" = "drained";

  constructor(budget: Budget, writer: BacklogWriter, pause: ReadingPause) {
    this.#budget = budget;
    this.#writer = writer;
    this.#pause = pause;
  }

  /** Bytes that were written and the operating system has not taken yet. */
  get bytes(): number {
    return this.#writer.backlogBytes;
  }

  /** Calls the listener once, when the backlog is small again. */
  onDrain(listener: () => void): void {
    this.#writer.onDrain(listener);
  }

  pauseReading(): void {
    this.#pause.begin("engine");
  }

  resumeReading(): void {
    this.#pause.end("engine");
  }

  /** Called after each write. Returns false if the peer leaves more than `maxBytes` unread: it has to go. */
  written(maxBytes: number): boolean {
    this.#charge();
    return this.#writer.frameBacklogBytes <= maxBytes;
  }

  /** Called after each read. */
  limitReading(): void {
    if (this.#writer.frameBacklogBytes <= highWaterBytes || this.#pause.has("backlog")) return;
    this.#pause.begin("backlog");
    this.#writer.onFrameDrain(() => this.#pause.end("backlog"));
  }

  /** The connection has ended, and its backlog with it. */
  end(): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    if (this.#charged > 0) this.#budget.release(this.#charged);
  }

  #charge(): void {
    if (this.#state === "ended") return;
    const backlog = this.#writer.backlogBytes;
    const bytes = backlog > freeBytes ? backlog : 0;
    if (bytes > this.#charged) this.#budget.charge(bytes - this.#charged);
    else if (bytes < this.#charged) this.#budget.release(this.#charged - bytes);
    this.#charged = bytes;
    if (bytes === 0 || this.#state === "awaitsDrain") return;
    this.#state = "awaitsDrain";
    this.#writer.onDrain(() => {
      if (this.#state === "awaitsDrain") this.#state = "drained";
      this.#charge();
    });
  }
}
