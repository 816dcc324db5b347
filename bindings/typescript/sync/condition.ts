import { rebuild, registerKind } from "../session/handles.js";
import { asOwner, currentOwner } from "./owner.js";
import { acquireGuard, type Guard } from "./guard.js";
import { Lock } from "./lock.js";
import { RLock } from "./rlock.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, waitOptions, type AcquireOptions, type Timeout } from "./wait-options.js";

/**
 * Waiting for something that a lock protects to change.
 *
 * ```ts
 * await condition.use(async () => {
 *   await condition.waitFor(async () => (await queue.size()) > 0);
 * });
 * ```
 */
export class Condition extends SharedObject {
  #lock: Lock | RLock | null = null;
  #ownerDied = false;

  /** `lock`: default a new RLock, of the same name when there is one. */
  constructor(lock?: Lock | RLock | null, options?: NameOptions);
  constructor(from?: Lock | RLock | null | ExistingHandle, options: NameOptions = {}) {
    super("condition", from instanceof ExistingHandle ? from : options);
    if (from instanceof ExistingHandle) return;
    const lock = from ?? new RLock(options);
    if (!(lock instanceof Lock || lock instanceof RLock)) throw new TypeError(`a condition is made over a Lock or an RLock, got ${typeof lock}`);
    this.#lock = lock;
    this.create("condition/create", (condition) => ({ condition, lock: lock.handle }));
  }

  /** The lock: that of the constructor, or of a condition that was received. */
  async lockOf(): Promise<Lock | RLock> {
    if (this.#lock) return this.#lock;
    const { lock } = await this.request("condition/status", (condition) => ({ condition }));
    await this.request("handle/retain", () => ({ handle: lock }));
    return (this.#lock ??= rebuild(lock, this.connection) as Lock | RLock);
  }

  /** Whether the holder before the last successful `acquire` or `wait` of this object had died. */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /** Takes the lock. False when `timeoutMs` passed. */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const lock = await this.lockOf();
    const acquired = await lock.acquire(options);
    if (acquired) this.#ownerDied = lock.ownerDied;
    return acquired;
  }

  /** Releases the lock. */
  async release(): Promise<void> {
    await (await this.lockOf()).release();
  }

  /** `acquire` for `await using`. Rejects with TimedOut instead of false. */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /** Runs `action` while the lock is held. Rejects with TimedOut when it cannot be had in time. */
  use<T>(action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return asOwner(async () => (await this.lockOf()).use(action, options));
  }

  /**
   * Gives up the lock, however often it was taken, waits to be notified, and takes the lock back. False when the
   * time-out (milliseconds; default: none) passed first; the lock is held again all the same. Rejects with NotOwner
   * unless the lock is held.
   */
  async wait(timeout?: Timeout): Promise<boolean> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    const owner = currentOwner();
    const { notified, ownerDied } = await this.request("condition/wait", (condition) => ({ condition, owner, timeoutMs }), options);
    this.#ownerDied = ownerDied;
    return notified;
  }

  /**
   * Waits until `predicate` gives a true value: it is asked now and each time that the condition is notified, with the
   * lock held. Gives its last value, which is not true only when the time-out passed.
   */
  async waitFor<T>(predicate: () => T | PromiseLike<T>, timeout?: Timeout): Promise<T> {
    const options = waitOptions(timeout);
    const limit = timeoutOf(options);
    const end = limit === null ? null : performance.now() + limit;
    let value = await predicate();
    while (!value) {
      const left = end === null ? null : end - performance.now();
      if (left !== null && left <= 0) break;
      await this.wait({ ...options, timeoutMs: left });
      value = await predicate();
    }
    return value;
  }

  /**
   * Wakes up to `n` of those who wait (default 1), first come first served. Rejects with NotOwner unless the lock is
   * held.
   */
  async notify(n = 1): Promise<void> {
    const owner = currentOwner();
    await this.request("condition/notify", (condition) => ({ condition, owner, n }));
  }

  /** Wakes everybody who waits. Rejects with NotOwner unless the lock is held. */
  async notifyAll(): Promise<void> {
    const owner = currentOwner();
    await this.request("condition/notify", (condition) => ({ condition, owner, n: null }));
  }

  /** How many wait to be notified. */
  async waiters(): Promise<number> {
    return (await this.request("condition/status", (condition) => ({ condition }))).waiters;
  }
}

registerKind("condition", (from) => new (Condition as unknown as new (from: ExistingHandle) => Condition)(from));
