import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { ClusterPermits } from "./cluster-permits.js";
import type { SyncDependencies } from "./dependencies.js";
import type { Acquired } from "./lock.js";
import type { PermitClusters } from "./permit-link.js";
import { SemaphoreObject, type SemaphoreStatus } from "./semaphore.js";

/** A semaphore by name, over all hosts of a cluster. Only holders release it. */
export class ClusterSemaphore extends SemaphoreObject {
  readonly handle: Handle;
  readonly cluster: string;
  readonly #value: number;
  readonly #permits: ClusterPermits;

  /** `value`: its permits, unless it is in use already. */
  constructor(
    engine: SyncDependencies,
    handle: Handle,
    name: string,
    value: number,
    address: string,
    clusters: PermitClusters,
  ) {
    super();
    if (value < 1)
      throw new PolyprocError(
        "InvalidParams",
        `${handle}: in a cluster, value is the number of permits, from 1 up; got ${value}`,
      );
    this.handle = handle;
    this.cluster = clusters.shown(address);
    this.#value = value;
    const line = clusters.permits(address, "semaphore", name, value);
    this.#permits = new ClusterPermits(engine, this, clusters.hostname, line);
  }

  acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Wait<Acquired> {
    return this.#permits.acquire(session, owner, timeoutMs);
  }

  release(session: Session, owner: string, n: number): Promise<null> {
    return this.#permits.release(session, owner, n);
  }

  async status(): Promise<SemaphoreStatus> {
    const { permits, holders, waiters } = await this.#permits.status();
    return { value: Math.max(0, permits - holders.length), waiters, holders };
  }

  describe(): SyncInfo {
    const { holders, waiters } = this.#permits.describe();
    const value = Math.max(0, this.#value - holders.length);
    return { handle: this.handle, kind: "semaphore", holders, waiters, value, limit: null };
  }

  unreferenced(): void {
    this.#permits.unreferenced();
  }
}
