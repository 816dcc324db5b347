import { SharedObject } from "../session/shared-object.js";
import { acquireGuard, useGuard, type Guard } from "./guard.js";
import type { AcquireOptions } from "./wait-options.js";

/** What a process acquires and releases: a lock or a permit of a semaphore. */
export abstract class Acquirable extends SharedObject {
  /** Whether the previous holder had died when `acquire` of this object last succeeded. */
  abstract get ownerDied(): boolean;
  abstract acquire(options?: AcquireOptions): Promise<boolean>;
  abstract release(): Promise<void>;

  /**
   * `acquire` for `await using`: released at the end of the block. Rejects with TimedOut where `acquire` returns false.
   */
  lock(options: AcquireOptions = {}): Promise<Guard> {
    return acquireGuard(this, options);
  }

  /**
   * Runs `action` as an owner of its own while it holds the object, which is released even if the action fails. Rejects
   * with TimedOut where `acquire` returns false.
   */
  use<T>(action: (guard: Guard) => T | PromiseLike<T>, options: AcquireOptions = {}): Promise<T> {
    return useGuard(this, action, options);
  }
}
