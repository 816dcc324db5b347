import type { Budget } from "../engine/budget.js";

/** Shorter bodies are read in any case: those of requests that free memory or control something are. */
export const roomyBodyBytes = 64 * 1024;

/** When the server has let go of nothing for this long, in milliseconds, a body is read without room: perhaps what frees memory comes after it. Its request may fail with Overloaded. */
const stallMs = 10_000;

/** The memory of bodies that one connection is reading, or has read and not handled. */
export class BodyRoom {
  readonly #budget: Budget;
  readonly #held = new Set<() => void>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** Calls when the body may be read, perhaps before this returns. The function that it returns gives the room back, or leaves the line. */
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

  /** The connection has ended. */
  end(): void {
    for (const release of [...this.#held]) release();
  }
}
