import { acquireGuard, useGuard, type Guard } from "./guard.js";
import { registerKind } from "../session/handles.js";
import type { LockStatus } from "./lock.js";
import { currentOwner } from "./owner.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, type AcquireOptions } from "./wait-options.js";

export interface RLockStatus extends LockStatus {
  /** How often its owner has taken it. */
  depth: number;
}

/**
 * A lock that its owner may take again; it is free when it was released as often.
 *
 * The owner is this process, as it is the thread in Python. Asynchronous functions that run side by side in one process
 * are told apart by `use`: what runs inside one `use` is one owner.
 */
export class RLock extends SharedObject {
  #ownerDied = false;

  constructor(options?: NameOptions);
  constructor(from: NameOptions | ExistingHandle = {}) {
    super("rlock", from);
    if (!(from instanceof ExistingHandle)) this.create("lock/create", (lock) => ({ lock }));
  }

  /** Whether the holder before the last `acquire` of this object that succeeded had died. */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /** Waits for the lock and takes it; at once when this owner has it. False when `timeoutMs` passed. */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    const owner = currentOwner();
    const { acquired, ownerDied } = await this.request("lock/acquire", (lock) => ({ lock, owner, timeoutMs }), options);
    if (acquired) this.#ownerDied = ownerDied;
    return acquired;
  }

  /** Undoes one `acquire`. Rejects with NotOwner unless this owner has it. */
  async release(): Promise<void> {
    const owner = currentOwner();
    await this.request("lock/release", (lock) => ({ lock, owner }));
  }

  /** `acquire` for `await using`. Rejects with TimedOut instead of false. */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /**
   * Runs `action` while the lock is held, as one owner: it may take the lock again. Rejects with TimedOut when it
   * cannot be had in time.
   */
  use<T>(action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return useGuard(this, action, options);
  }

  async locked(): Promise<boolean> {
    return (await this.status()).locked;
  }

  async status(): Promise<RLockStatus> {
    return this.request("lock/status", (lock) => ({ lock }));
  }
}

registerKind("rlock", (from) => new (RLock as new (from: ExistingHandle) => RLock)(from));
