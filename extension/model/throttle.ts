/**
 * Collects changes and reports them at most once in `intervalMs`. The first change after a pause is reported in the
 * next turn of the event loop.
 */
export class Throttle<T> {
  readonly #intervalMs: number;
  readonly #tell: (changed: ReadonlySet<T>) => void;
  #changed = new Set<T>();
  #timer: NodeJS.Timeout | undefined;
  #lastAt = -Infinity;

  constructor(intervalMs: number, tell: (changed: ReadonlySet<T>) => void) {
    this.#intervalMs = intervalMs;
    this.#tell = tell;
  }

  add(...parts: readonly T[]): void {
    for (const part of parts) this.#changed.add(part);
    if (this.#changed.size === 0) return;
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#lastAt + this.#intervalMs - performance.now()));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changed.clear();
  }

  #flush(): void {
    this.#timer = undefined;
    this.#lastAt = performance.now();
    const changed = this.#changed;
    this.#changed = new Set();
    this.#tell(changed);
  }
}
