import type { Timer } from "../clock.js";
import type { Guard } from "../guard.js";

/** Coalesces frequent changes: at most once an interval it hands on the last value of each key. */
export class Coalescer<K, V> {
  readonly #guard: Guard;
  readonly #delayMs: number;
  readonly #emit: (values: Map<K, V>) => void;
  #waiting = new Map<K, V>();
  #timer: Timer | null = null;

  constructor(guard: Guard, delayMs: number, emit: (values: Map<K, V>) => void) {
    this.#guard = guard;
    this.#delayMs = delayMs;
    this.#emit = emit;
  }

  set(key: K, value: V): void {
    this.#waiting.set(key, value);
    this.#timer ??= this.#guard.after(this.#delayMs, null, () => {
      const values = this.#waiting;
      this.#timer = null;
      this.#waiting = new Map();
      this.#emit(values);
    });
  }

  get(key: K): V | undefined {
    return this.#waiting.get(key);
  }

  /** Drops the pending values. */
  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#waiting.clear();
  }
}
