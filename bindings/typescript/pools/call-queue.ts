import { Full } from "../session/errors.js";

/** Counts the calls of `apply` that have not ended, against the pool's limit. */
export class CallQueue {
  readonly #limit: () => number;
  readonly #onRoom: () => void;
  #pending = 0;
  /** The limit, since there were as many calls; null: there has been room since. */
  #reached: number | null = null;
  /** Callers that wait for room, oldest first. */
  readonly #waiting: (() => void)[] = [];

  /** `limit`: most calls at a time. `onRoom`: there were as many, and there is room again. */
  constructor(limit: () => number, onRoom: () => void) {
    this.#limit = limit;
    this.#onRoom = onRoom;
  }

  /** A call begins. Throws Full if there are as many as may be. */
  add(): void {
    const limit = this.#limit();
    if (this.#pending >= limit)
      throw new Full(
        "Full",
        `the pool has ${this.#pending} calls, one for each worker and maxQueue waiting: await room() before the next`,
        { pending: this.#pending },
      );
    this.#pending++;
    if (this.#pending >= limit) this.#reached = limit;
  }

  /** `count` calls have ended. */
  remove(count = 1): void {
    this.#pending -= count;
    if (this.#reached !== null && this.#pending < this.#reached) {
      this.#reached = null;
      this.#onRoom();
    }
    for (let i = 0; i < count; i++) this.#waiting.shift()?.();
  }

  /** Resolves when there is room for a call. */
  async room(): Promise<void> {
    while (this.#pending >= this.#limit()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
