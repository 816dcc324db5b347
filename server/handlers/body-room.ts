import type { Budget } from "../engine/budget.js";

/** Shorter bodies need no reservation, so requests that free memory or cancel something are always read. */
export const roomyBodyBytes = 64 * 1024;

/**
 * If the server has released no memory for this many milliseconds, a body is read without a reservation: a message
 * after it may free memory. Its request may then fail with Overloaded.
 */
const stallMs = 10_000;

/** Reserves memory for the bodies that one connection reads, until they are handled. */
export class BodyRoom {
  readonly #budget: Budget;
  readonly #held = new Set<() => void>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /**
   * Calls `granted` when the body may be read, perhaps before this returns. Returns a function that releases the
   * memory, or gives up the place in the queue for it.
   */
  take(bytes: number, granted: () => void): () => void {
    let isGranted = false;
    let stopLooking = () => {};
    const grant = () => {
      stopLooking();
      isGranted = true;
      granted();
    };
    const release = () => {
      if (!this.#held.delete(release)) return;
      stopLooking();
      if (isGranted) this.#budget.release(bytes);
      else leaveLine();
    };
    this.#held.add(release);
    const leaveLine = this.#budget.whenRoom(bytes, grant);
    if (isGranted) return release;
    let seen = this.#budget.usedBytes;
    const timer = setInterval(() => {
      const before = seen;
      seen = this.#budget.usedBytes;
      if (seen !== before) return;
      leaveLine();
      this.#budget.charge(bytes);
      grant();
    }, stallMs).unref();
    stopLooking = () => clearInterval(timer);
    return release;
  }

  /** The connection has ended: releases everything. */
  end(): void {
    for (const release of [...this.#held]) release();
  }
}
