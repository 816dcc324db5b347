import { Acquisitions } from "./acquisitions.js";
import { Acquirable } from "./acquirable.js";
import { registerKind } from "../session/handles.js";
import { currentOwner } from "./owner.js";
import { clusterNameOptions, ExistingHandle, type ClusterNameOptions } from "../session/shared-object.js";
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
export class Lock extends Acquirable {
  readonly #acquisitions = new Acquisitions();

  constructor(options?: ClusterNameOptions);
  constructor(from: ClusterNameOptions | ExistingHandle = {}) {
    super("lock", from, clusterNameOptions);
    if (from instanceof ExistingHandle) return;
    const { cluster } = from;
    this.create("lock/create", (lock) => ({ lock, cluster }));
  }

  /**
   * Whether the previous holder had died when `acquire` of this object last succeeded: what the lock protects may be
   * half changed.
   */
  get ownerDied(): boolean {
    return this.#acquisitions.ownerDied;
  }

  /** In a cluster: the number of the holding that `acquire` of this object last got; see `Guard.fence`. */
  get fence(): number | null {
    return this.#acquisitions.fence;
  }

  /**
   * Waits for the lock and takes it. False after `timeoutMs` (milliseconds; default: no limit), or, with `block:
   * false`, if it is not free.
   */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    return this.#acquisitions.acquire((owner) =>
      this.request("lock/acquire", (lock) => ({ lock, owner, timeoutMs }), options),
    );
  }

  /**
   * Releases the lock. Any process may do so, as in Python, but in a cluster only its holder. Rejects with BadState if
   * the lock is free, or its lease in the cluster had ended.
   */
  async release(): Promise<void> {
    this.#acquisitions.released();
    await this.request("lock/release", (lock) => ({ lock, owner: currentOwner() }));
  }

  async locked(): Promise<boolean> {
    return (await this.status()).locked;
  }

  async status(): Promise<LockStatus> {
    const { locked, holder, waiters } = await this.request("lock/status", (lock) => ({ lock }));
    return { locked, holder, waiters };
  }
}

registerKind("lock", (from) => new (Lock as new (from: ExistingHandle) => Lock)(from));
