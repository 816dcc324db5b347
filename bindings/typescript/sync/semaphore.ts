import { Acquisitions } from "./acquisitions.js";
import { Acquirable } from "./acquirable.js";
import { registerKind } from "../session/handles.js";
import { currentFlow } from "./owner.js";
import { clusterNameOptions, ExistingHandle, type ClusterNameOptions } from "../session/shared-object.js";
import { timeoutOf, type AcquireOptions } from "./wait-options.js";

/**
 * A semaphore between processes: `acquire` takes a permit, `release` returns it. If a process dies, its permits are
 * returned, as long as each release so far came from a holder.
 */
export class Semaphore extends Acquirable {
  readonly #acquisitions = new Acquisitions();

  /** `value`: initial number of permits, from 0 up. Default 1. Throws a TypeError unless it is an integer. */
  constructor(value?: number, options?: ClusterNameOptions);
  constructor(from: number | ExistingHandle = 1, options: ClusterNameOptions = {}, bounded = false) {
    super("semaphore", from instanceof ExistingHandle ? from : options, clusterNameOptions);
    if (from instanceof ExistingHandle) return;
    if (!Number.isSafeInteger(from) || from < 0)
      throw new TypeError(`a semaphore's value is an integer from 0 on, got ${String(from)}`);
    const { cluster } = options;
    this.create("semaphore/create", (semaphore) => ({ semaphore, value: from, bounded, cluster }));
  }

  /** Whether the permit that `acquire` of this object last got came from a holder that had died. */
  get ownerDied(): boolean {
    return this.#acquisitions.ownerDied;
  }

  /** In a cluster: the number of the holding that `acquire` of this object last got; see `Guard.fence`. */
  get fence(): number | null {
    return this.#acquisitions.fence;
  }

  /**
   * Waits for a permit and takes it. False after `timeoutMs` (milliseconds; default: no limit), or, with `block:
   * false`, if no permit is free.
   */
  async acquire(options: AcquireOptions = {}): Promise<boolean> {
    const timeoutMs = timeoutOf(options);
    return this.#acquisitions.acquire((owner) =>
      this.request("semaphore/acquire", (semaphore) => ({ semaphore, owner, timeoutMs }), options),
    );
  }

  /**
   * Returns `n` permits (default 1). Any process may do so, but in a cluster only a
   * holder. Rejects with BadState if a bounded semaphore would exceed
   * its initial value.
   */
  async release(n = 1): Promise<void> {
    const flow = currentFlow();
    const owner = flow.name;
    this.#acquisitions.released(flow, n);
    await this.request("semaphore/release", (semaphore) => ({ semaphore, owner, n }));
  }

  /** Number of free permits. Python's `get_value`. */
  async value(): Promise<number> {
    return (await this.request("semaphore/status", (semaphore) => ({ semaphore }))).value;
  }

  /** Number of parties that wait for a permit. */
  async waiters(): Promise<number> {
    return (await this.request("semaphore/status", (semaphore) => ({ semaphore }))).waiters;
  }
}

type FullConstructor = new (value: number, options: ClusterNameOptions, bounded: boolean) => Semaphore;

/** A semaphore that cannot be released above its initial value: `release` then rejects with BadState. */
export class BoundedSemaphore extends (Semaphore as FullConstructor) {
  /** `value`: initial and largest number of permits. Default 1. */
  constructor(value = 1, options: ClusterNameOptions = {}) {
    super(value, options, true);
  }
}

registerKind("semaphore", (from) => new (Semaphore as unknown as new (from: ExistingHandle) => Semaphore)(from));
