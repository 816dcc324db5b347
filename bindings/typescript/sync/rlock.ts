import { Acquirable } from "./acquirable.js";
import { registerKind } from "../session/handles.js";
import type { LockStatus } from "./lock.js";
import { LockWord } from "./lock-word.js";
import { currentFlow, waitAs, type Flow } from "./owner.js";
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
  readonly #word = new LockWord(true);
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
    const flow = currentFlow();
    if (this.#take(flow)) return true;
    this.#word.prepare(this.connection);
    const { acquired, ownerDied, cell } = await waitAs(flow, () =>
      this.request("lock/acquire", (lock) => ({ lock, owner: flow.name, timeoutMs }), options),
    );
    await this.#word.learn(this.connection, cell);
    if (!acquired) return false;
    flow.held++;
    this.#ownerDied = ownerDied;
    return true;
  }

  /** Undoes one `acquire`. Rejects with NotOwner unless this owner holds the lock. */
  async release(): Promise<void> {
    const flow = currentFlow();
    await this.#release(flow);
  }

  /**
   * Runs `action`, which returns no promise, while this owner holds the lock. If the lock can be taken without a
   * message, that happens before `useSync` returns, and the value is the action's. Otherwise it is a promise of that,
   * as `use` returns it.
   */
  useSync<T>(action: () => T): T | Promise<T> {
    const flow = currentFlow();
    if (!this.#take(flow)) return this.use(action) as Promise<T>;
    try {
      return action();
    } finally {
      // Only a connection that has ended fails it, and with it ended the holding.
      this.#release(flow)?.catch(() => {});
    }
  }

  async locked(): Promise<boolean> {
    return (await this.status()).locked;
  }

  async status(): Promise<RLockStatus> {
    return this.request("lock/status", (lock) => ({ lock }));
  }

  #take(flow: Flow): boolean {
    if (this.#word.take(flow, true) !== true) return false;
    flow.held++;
    this.#ownerDied = false;
    return true;
  }

  /** Null: it was released without a message. */
  #release(flow: Flow): Promise<null> | null {
    flow.held = Math.max(flow.held - 1, 0);
    return this.#word.release(flow) ? null : this.request("lock/release", (lock) => ({ lock, owner: flow.name }));
  }
}

registerKind("rlock", (from) => new (RLock as new (from: ExistingHandle) => RLock)(from));
