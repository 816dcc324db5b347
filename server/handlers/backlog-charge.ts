import type { Budget } from "../engine/budget.js";

/** A backlog up to this size is not charged. */
const freeBytes = 256 * 1024;

/** Charges a peer's backlog to the server's memory budget. */
export class BacklogCharge {
  readonly #budget: Budget;
  readonly #backlogBytes: () => number;
  readonly #onDrain: (listener: () => void) => void;
  #charged = 0;
  #awaitsDrain = false;
  #ended = false;

  /** `onDrain` calls its listener once, when less than 256 KiB are left. */
  constructor(budget: Budget, backlogBytes: () => number, onDrain: (listener: () => void) => void) {
    this.#budget = budget;
    this.#backlogBytes = backlogBytes;
    this.#onDrain = onDrain;
  }

  /** Called after each write. */
  update(): void {
    if (this.#ended) return;
    const backlog = this.#backlogBytes();
    const bytes = backlog > freeBytes ? backlog : 0;
    if (bytes > this.#charged) this.#budget.charge(bytes - this.#charged);
    else if (bytes < this.#charged) this.#budget.release(this.#charged - bytes);
    this.#charged = bytes;
    if (bytes === 0 || this.#awaitsDrain) return;
    this.#awaitsDrain = true;
    this.#onDrain(() => {
      this.#awaitsDrain = false;
      this.update();
    });
  }

  /** The connection has ended, and its backlog with it. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#charged > 0) this.#budget.release(this.#charged);
  }
}
