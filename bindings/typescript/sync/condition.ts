import { rebuild, registerKind } from "../session/handles.js";
import { asOwner, currentFlow, currentOwner, waitAs } from "./owner.js";
import { acquireGuard, type Guard } from "./guard.js";
import { Lock } from "./lock.js";
import { RLock } from "./rlock.js";
import { ExistingHandle, SharedObject, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, waitOptions, type AcquireOptions, type Timeout } from "./wait-options.js";

/**
 * A condition variable between processes: a process waits until another one changes what the lock protects.
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

  /**
   * `lock`: default a new RLock, with the same name if the condition has one. Throws a TypeError if it is not a lock.
   */
  constructor(lock?: Lock | RLock | null, options?: NameOptions);
  constructor(from?: Lock | RLock | null | ExistingHandle, options: NameOptions = {}) {
    super("condition", from instanceof ExistingHandle ? from : options);
    if (from instanceof ExistingHandle) return;
    const lock = from ?? new RLock(options);
    if (!(lock instanceof Lock || lock instanceof RLock))
      throw new TypeError(`a condition is made over a Lock or an RLock, got ${typeof lock}`);
    this.#lock = lock;
    this.create("condition/create", (condition) => ({ condition, lock: lock.handle }));
  }

  /** The condition's lock. Asks the server if the condition came from another process. */
  async lockOf(): Promise<Lock | RLock> {
    if (this.#lock) return this.#lock;
    const { lock } = await this.request("condition/status", (condition) => ({ condition }));
    await this.request("handle/retain", () => ({ handle: lock }));
    return (this.#lock ??= rebuild(lock, this.connection) as Lock | RLock);
  }

  /** Whether the previous holder had died when `acquire` or `wait` of this object last got the lock. */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /** Takes the lock. False after `timeoutMs` (milliseconds; default: no limit). */
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

  /**
   * `acquire` for `await using`: released at the end of the block. Rejects with TimedOut where `acquire` returns false.
   */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /** Runs `action` while the lock is held. Rejects with TimedOut if the lock is not free in time. */
  use<T>(action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return asOwner(async () => (await this.lockOf()).use(action, options));
  }

  /**
   * Releases the lock completely, waits for a notification, and takes the lock again. False if the timeout
   * (milliseconds; default: no limit) passed first; the lock is taken again in that case, too. Rejects with NotOwner
   * unless the caller holds the lock.
   */
  async wait(timeout?: Timeout): Promise<boolean> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    const flow = currentFlow();
    const { notified, ownerDied } = await waitAs(flow, () =>
      this.request("condition/wait", (condition) => ({ condition, owner: flow.name, timeoutMs }), options),
    );
    this.#ownerDied = ownerDied;
    return notified;
  }

  /**
   * Waits until `predicate` returns a true value. It is called now and after each notification, with the lock held.
   * Returns its last value, which is false only after the timeout (milliseconds; default: no limit).
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
   * Wakes up to `n` waiting parties (default 1), longest waiting first. Rejects with NotOwner unless the caller holds
   * the lock.
   */
  async notify(n = 1): Promise<void> {
    const owner = currentOwner();
    await this.request("condition/notify", (condition) => ({ condition, owner, n }));
  }

  /** Wakes all waiting parties. Rejects with NotOwner unless the caller holds the lock. */
  async notifyAll(): Promise<void> {
    const owner = currentOwner();
    await this.request("condition/notify", (condition) => ({ condition, owner, n: null }));
  }

  /** Number of parties that wait for a notification. */
  async waiters(): Promise<number> {
    return (await this.request("condition/status", (condition) => ({ condition }))).waiters;
  }
}

registerKind("condition", (from) => new (Condition as unknown as new (from: ExistingHandle) => Condition)(from));
