import { Acquisitions } from "./acquisitions.js";
import { Acquirable } from "./acquirable.js";
import { registerKind } from "../session/handles.js";
import { LockWord } from "./lock-word.js";
import { currentFlow } from "./owner.js";
import { clusterNameOptions, ExistingHandle, type ClusterNameOptions } from "../session/shared-object.js";
import { noOptions, timeoutOf, type AcquireOptions } from "./wait-options.js";

const acquired = Promise.resolve(true);
const released = Promise.resolve();

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
  readonly #word = new LockWord(false);

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
  acquire(options: AcquireOptions = noOptions): Promise<boolean> {
    if (options !== noOptions) return this.#acquire(options);
    const flow = currentFlow();
    if (this.#word.take(flow, true) !== true) return this.#acquire(options);
    this.#acquisitions.taken(flow);
    return acquired;
  }

  /**
   * Releases the lock. Any process may do so, as in Python, but in a cluster only its holder. Rejects with BadState if
   * the lock is free, or its lease in the cluster had ended.
   */
  release(): Promise<void> {
    const flow = currentFlow();
    this.#acquisitions.released(flow);
    return this.#word.release(flow) ? released : this.#release(flow.name);
  }

  /**
   * Runs `action`, which returns no promise, while it holds the lock. If the lock can be taken without a message, as
   * it mostly can once this process has used it, that happens before `useSync` returns, and costs some 50 ns: the
   * value is the action's. Otherwise it is a promise of that, as `use` returns it.
   */
  useSync<T>(action: () => T): T | Promise<T> {
    const flow = currentFlow();
    if (this.#word.take(flow, true) !== true) return this.use(action) as Promise<T>;
    try {
      return action();
    } finally {
      // Only a connection that has ended fails it, and with it ended the holding.
      if (!this.#word.release(flow)) this.#release(flow.name).catch(() => {});
    }
  }

  async locked(): Promise<boolean> {
    return (await this.status()).locked;
  }

  async #acquire(options: AcquireOptions): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    const flow = currentFlow();
    if (this.#word.take(flow, false) === true) {
      this.#acquisitions.taken(flow);
      return true;
    }
    return this.#acquisitions.acquire(async (owner) => {
      this.#word.prepare(this.connection);
      const answer = await this.request("lock/acquire", (lock) => ({ lock, owner, timeoutMs }), options);
      await this.#word.learn(this.connection, answer.cell);
      return answer;
    });
  }

  async #release(owner: string): Promise<void> {
    await this.request("lock/release", (lock) => ({ lock, owner }));
  }

  async status(): Promise<LockStatus> {
    const { locked, holder, waiters } = await this.request("lock/status", (lock) => ({ lock }));
    return { locked, holder, waiters };
  }
}

registerKind("lock", (from) => new (Lock as new (from: ExistingHandle) => Lock)(from));
