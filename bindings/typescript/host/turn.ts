/** Messages of the server are read at least this often while short synchronous tasks run, in milliseconds. */
const maxTurnMs = 10;

/** One turn of the event loop: how long it has been going on. */
export class Turn {
  #began = performance.now();

  /** Whether the event loop should have its chance before more is run. */
  isLong(now = performance.now()): boolean {
    return now - this.#began > maxTurnMs;
  }

  /** The event loop has just called. */
  begins(): void {
    this.#began = performance.now();
  }

  /** Calls in the next turn, after what has come in was read. */
  next(run: () => void): void {
    setImmediate(() => {
      this.begins();
      run();
    });
  }
}
