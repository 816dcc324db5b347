export interface SuspenderParts {
  /** Bytes of memory that can be used without swapping. */
  freeMemory: () => number;
  /** Signals the process group of a command. */
  signal: (pid: number, signal: "SIGSTOP" | "SIGCONT") => void;
}

/**
 * Stops running commands while memory is short, and lets them continue when it is not. Below twice `bytes` of free
 * memory it stops the youngest, one at each look; below `bytes` all but the oldest.
 */
export class Suspender {
  readonly #bytes: number;
  readonly #parts: SuspenderParts;
  /** In the order in which they were stopped. */
  readonly #stopped = new Set<number>();

  constructor(bytes: number, parts: SuspenderParts) {
    this.#bytes = bytes;
    this.#parts = parts;
  }

  /** Whether no further command may begin, though others run. */
  get isShort(): boolean {
    return this.#stopped.size > 0 || this.#parts.freeMemory() < 2 * this.#bytes;
  }

  /** `pids`: of the commands that run or are stopped, the oldest first. */
  look(pids: readonly number[]): void {
    for (const pid of this.#stopped) if (!pids.includes(pid)) this.#stopped.delete(pid);
    const free = this.#parts.freeMemory();
    const [oldest, ...others] = pids;
    const running = others.filter((pid) => !this.#stopped.has(pid));
    // One always runs: it may be the one that frees memory.
    if (oldest !== undefined) this.#continue(oldest);
    if (free < this.#bytes) for (const pid of running) this.#stop(pid);
    else if (free < 2 * this.#bytes) for (const pid of running.slice(-1)) this.#stop(pid);
    else for (const pid of others.filter((each) => this.#stopped.has(each)).slice(0, 1)) this.#continue(pid);
  }

  /** Lets all of them continue, for example because they are to end. */
  end(): void {
    for (const pid of [...this.#stopped]) this.#continue(pid);
  }

  #stop(pid: number): void {
    this.#stopped.add(pid);
    this.#parts.signal(pid, "SIGSTOP");
  }

  #continue(pid: number): void {
    if (this.#stopped.delete(pid)) this.#parts.signal(pid, "SIGCONT");
  }
}
