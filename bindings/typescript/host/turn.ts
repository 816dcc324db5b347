/** While short synchronous tasks run, the server's messages are read at least this often, in milliseconds. */
const maxTurnMs = 10;

/** Measures the current turn of the event loop. */
export class Turn {
  #began = performance.now();

  /** Whether to return to the event loop before running more. */
  isLong(now = performance.now()): boolean {
    return now - this.#began > maxTurnMs;
  }

  /** A new turn has begun. */
  begins(): void {
    this.#began = performance.now();
  }

  /** Calls `run` in the next turn, after received messages have been handled. */
  next(run: () => void): void {
    setImmediate(() => {
      this.begins();
      run();
    });
  }
}
