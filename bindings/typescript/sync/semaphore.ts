import { acquireGuard, useGuard, type Guard } from "./guard.js";
import { registerKind } from "../session/handles.js";
import { currentOwner, newOwner } from "./owner.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, type AcquireOptions } from "./wait-options.js";

/**
 * A number of permits among processes; `acquire` takes one, `release` gives it back. The permits of a process that died
 * are given back, as long as every release came from a holder.
 */
export class Semaphore extends SharedObject {
  #ownerDied = false;
  #outstanding = 0;

  /** `value`: permits at the beginning. Default 1. */
  constructor(value?: number, options?: NameOptions);
  constructor(from: number | ExistingHandle = 1, options: NameOptions = {}, bounded = false) {
    super("semaphore", from instanceof ExistingHandle ? from : options);
    if (from instanceof ExistingHandle) return;
    if (!Number.isSafeInteger(from) || from < 0) throw new TypeError(`a semaphore's value is an integer from 0 on, got ${String(from)}`);
    this.create("semaphore/create", (semaphore) => ({ semaphore, value: from, bounded }));
  }

  /** Whether a holder had died whose permit the last `acquire` of this object got. */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /** Waits for a permit and takes it. False when `timeoutMs` passed, or with `block: false` when there is none. */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    // A call that waits for another of this process is not a deadlock: the other goes on in between.
    const owner = currentOwner() || (this.#outstanding++ > 0 ? newOwner() : "");
    try {
      const { acquired, ownerDied } = await this.request("semaphore/acquire", (semaphore) => ({ semaphore, owner, timeoutMs }), options);
      if (acquired) this.#ownerDied = ownerDied;
      else this.#forget(1);
      return acquired;
    } catch (error) {
      this.#forget(1);
      throw error;
    }
  }

  /**
   * Gives back `n` permits (default 1). Any process may. Rejects with BadState when a bounded one would have too many.
   */
  async release(n = 1): Promise<void> {
    this.#forget(n);
    const owner = currentOwner();
    await this.request("semaphore/release", (semaphore) => ({ semaphore, owner, n }));
  }

  /** `acquire` for `await using`. Rejects with TimedOut instead of false. */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /** Runs `action` while a permit is held. Rejects with TimedOut when there is none in time. */
  use<T>(action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return useGuard(this, action, options);
  }

  /** Permits that are free now. Python's `get_value`. */
  async value(): Promise<number> {
    return (await this.request("semaphore/status", (semaphore) => ({ semaphore }))).value;
  }

  /** How many wait for a permit. */
  async waiters(): Promise<number> {
    return (await this.request("semaphore/status", (semaphore) => ({ semaphore }))).waiters;
  }

  #forget(n: number): void {
    if (currentOwner() === "") this.#outstanding = Math.max(this.#outstanding - n, 0);
  }
}

type FullConstructor = new (value: number, options: NameOptions, bounded: boolean) => Semaphore;

/** A semaphore that cannot be released above its initial value: that is a mistake, and rejects with BadState. */
export class BoundedSemaphore extends (Semaphore as FullConstructor) {
  /** `value`: permits at the beginning, and at most. Default 1. */
  constructor(value = 1, options: NameOptions = {}) {
    super(value, options, true);
  }
}

registerKind("semaphore", (from) => new (Semaphore as unknown as new (from: ExistingHandle) => Semaphore)(from));
