import { acquireGuard, useGuard, type Guard } from "./guard.js";
import { registerKind } from "../session/handles.js";
import { currentOwner, newOwner } from "./owner.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, type AcquireOptions } from "./wait-options.js";

export interface LockStatus {
  locked: boolean;
  /** The session that holds the lock; null if it is free. */
  holder: string | null;
  /** Number of parties that wait. */
  waiters: number;
}

/**
 * A mutual exclusion lock between processes, first come, first served. If its holder dies, the server releases the lock
 * and tells the next holder; see `ownerDied`.
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
  /** Calls of this process outside of `use` that hold the lock or wait for it. */
  #outstanding = 0;

  constructor(options?: NameOptions);
  constructor(from: NameOptions | ExistingHandle = {}) {
    super("lock", from);
    if (!(from instanceof ExistingHandle)) this.create("lock/create", (lock) => ({ lock }));
  }

  /**
   * Whether the previous holder had died when `acquire` of this object last succeeded: what the lock protects may be
   * half changed.
   */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /**
   * Waits for the lock and takes it. False after `timeoutMs` (milliseconds; default: no limit), or, with `block:
   * false`, if it is not free.
   */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    // Two concurrent calls of one process are not a deadlock: the first can still release. A new owner for the second
    // tells the server so.
    const owner = currentOwner() || (this.#outstanding++ > 0 ? newOwner() : "");
    try {
      const { acquired, ownerDied } = await this.request(
        "lock/acquire",
        (lock) => ({ lock, owner, timeoutMs }),
        options,
      );
      if (acquired) this.#ownerDied = ownerDied;
      else this.#forget();
      return acquired;
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** Releases the lock. Any process may do so, as in Python. Rejects with BadState if the lock is free. */
  async release(): Promise<void> {
    this.#forget();
    await this.request("lock/release", (lock) => ({ lock, owner: currentOwner() }));
  }

  /**
   * `acquire` for `await using`: released at the end of the block. Rejects with TimedOut where `acquire` returns false.
   */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /** Runs `action` while the lock is held. Rejects with TimedOut if the lock is not free in time. */
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
