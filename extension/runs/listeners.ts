import type { Disposable } from "../connection/rpc.js";

/** Listeners of an event. If one throws, the others are still called. */
export class Listeners<A extends readonly unknown[]> {
  readonly #onFault: (error: unknown) => void;
  readonly #listeners = new Set<{ call: (...args: A) => void }>();

  constructor(onFault: (error: unknown) => void) {
    this.#onFault = onFault;
  }

  get size(): number {
    return this.#listeners.size;
  }

  add(call: (...args: A) => void): Disposable {
    const listener = { call };
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  tell(...args: A): void {
    for (const { call } of [...this.#listeners]) {
      try {
        call(...args);
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}
