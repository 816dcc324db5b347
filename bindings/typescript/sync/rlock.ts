import { Acquirable } from "./acquirable.js";
import { registerKind } from "../session/handles.js";
import type { LockStatus } from "./lock.js";
import { currentOwner } from "./owner.js";
import { ExistingHandle, type NameOptions } from "../session/shared-object.js";
import { timeoutOf, type AcquireOptions } from "./wait-options.js";

export interface RLockStatus extends LockStatus {
  /** How often its owner has acquired it. */
  depth: number;
}

/**
 * A recursive lock: its owner may acquire it again. It is free once it was released as often.
 *
 * The owner is this process, where Python's is the thread. Concurrent asynchronous functions of one process count as
 * one owner, unless each uses `use`: each `use` is an owner of its own.
 */
export class RLock extends Acquirable {
  #ownerDied = false;

  constructor(options?: NameOptions);
  constructor(from: NameOptions | ExistingHandle = {}) {
    super("rlock", from);
    if (!(from instanceof ExistingHandle)) this.create("lock/create", (lock) => ({ lock }));
  }

  /** Whether the previous holder had died when `acquire` of this object last succeeded. */
  get ownerDied(): boolean {
    return this.#ownerDied;
  }

  /**
   * Waits for the lock and takes it; at once if this owner holds it. False after `timeoutMs` (milliseconds; default: no
   * limit), or, with `block: false`, if another owner holds it.
   */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    const owner = currentOwner();
    const { acquired, ownerDied } = await this.request("lock/acquire", (lock) => ({ lock, owner, timeoutMs }), options);
    if (acquired) this.#ownerDied = ownerDied;
    return acquired;
  }

  /** Undoes one `acquire`. Rejects with NotOwner unless this owner holds the lock. */
  async release(): Promise<void> {
    const owner = currentOwner();
    await this.request("lock/release", (lock) => ({ lock, owner }));
  }

  async locked(): Promise<boolean> {
    return (await this.status()).locked;
  }

  async status(): Promise<RLockStatus> {
    return this.request("lock/status", (lock) => ({ lock }));
  }
}

registerKind("rlock", (from) => new (RLock as new (from: ExistingHandle) => RLock)(from));
