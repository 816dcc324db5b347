import { acquireGuard, useGuard, type Guard } from "./guard.js";
import { registerKind } from "../session/handles.js";
import { currentOwner, newOwner } from "./owner.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, type AcquireOptions } from "./wait-options.js";

export interface LockStatus {
  locked: boolean;
  /** The session that holds it; null when it is free. */
  holder: string | null;
  /** How many wait. */
  waiters: number;
}

/**
 * A mutual exclusion lock among processes. First come, first served. When its holder dies it is released, and the next
 * one to get it is told so.
 *
 * ```ts
 * const lock = new Lock();
 * await lock.use(async () => { … });
 * // or
 * await using guard = await lock.lock();
 * ```
 */
export class Lock extends SharedObject {
  #ownerDied = false;
  /** How many of this process's own calls have it or wait for it, outside of `use`. */
  #outstanding = 0;

  constructor(options?: NameOptions);
  constructor(from: NameOptions | ExistingHandle = {}) {
    super("lock", from);
    if (!(from instanceof ExistingHandle)) this.create("lock/create", (lock) => ({ lock }));
  }

  /**
   * Whether the holder before the last `acquire` of this object that succeeded had died: what the lock protects may be
   * half done.
   */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /** Waits for the lock and takes it. False when `timeoutMs` passed, or with `block: false` when it is not free. */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    // A call that waits for another of this process is not a deadlock: the other goes on in between.
    const owner = currentOwner() || (this.#outstanding++ > 0 ? newOwner() : "");
    try {
      const { acquired, ownerDied } = await this.request("lock/acquire", (lock) => ({ lock, owner, timeoutMs }), options);
      if (acquired) this.#ownerDied = ownerDied;
      else this.#forget();
      return acquired;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** Releases the lock. Any process may, as in Python. Rejects with BadState when nobody holds it. */
  async release(): Promise<void> {
    this.#forget();
    await this.request("lock/release", (lock) => ({ lock, owner: currentOwner() }));
  }

  /** `acquire` for `await using`: released at the end of the block. Rejects with TimedOut instead of false. */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /** Runs `action` while the lock is held. Rejects with TimedOut when it cannot be had in time. */
  use<T>(action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return useGuard(this, action, options);
  }

  async locked(): Promise<boolean> {
    return (await this.status()).locked;
  }

  async status(): Promise<LockStatus> {
    const { locked, holder, waiters } = await this.request("lock/status", (lock) => ({ lock }));
    return { locked, holder, waiters };
  }

  #forget(): void {
    if (this.#outstanding > 0 && currentOwner() === "") this.#outstanding--;
  }
}

registerKind("lock", (from) => new (Lock as new (from: ExistingHandle) => Lock)(from));
