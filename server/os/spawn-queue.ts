/**
 * A spawn blocks the server's thread for a millisecond or more. After this many milliseconds of spawns, the remaining
 * ones wait for the next turn of the event loop.
 */
const sliceMs = 4;

/** Owners take turns, so that a thousand starts of one client delay another client's start by one spawn. */
export class SpawnQueue {
  /** Owners in the order of their next turns. */
  readonly #waiting = new Map<string, Set<{ start: () => void }>>();
  #spentMs = 0;
  #scheduled = false;

  /**
   * Starts at once if no other start waits and this turn has time left; otherwise later. Returns a function that
   * removes the start from the queue. That function returns false if the start has begun.
   */
  add(owner: string, start: () => void): () => boolean {
    if (this.#waiting.size === 0 && this.#spentMs < sliceMs) {
      this.#run(start);
      return () => false;
    }
    let line = this.#waiting.get(owner);
    if (!line) this.#waiting.set(owner, (line = new Set()));
    const entry = { start };
    line.add(entry);
    return () => {
      const left = line.delete(entry);
      if (line.size === 0 && this.#waiting.get(owner) === line) this.#waiting.delete(owner);
      return left;
    };
  }

  #run(start: () => void): void {
    const since = performance.now();
    start();
    this.#spentMs += performance.now() - since;
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#nextTurn());
  }

  #nextTurn(): void {
    this.#scheduled = false;
    this.#spentMs = 0;
    while (this.#waiting.size > 0 && this.#spentMs < sliceMs) {
      for (const [owner, line] of this.#waiting) {
        this.#waiting.delete(owner);
        const [entry] = line;
        line.delete(entry!);
        // The owner goes to the end of the queue.
        if (line.size > 0) this.#waiting.set(owner, line);
        this.#run(entry!.start);
        break;
      }
    }
  }
}
