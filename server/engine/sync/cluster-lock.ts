import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";
import { ClusterPermits } from "./cluster-permits.js";
import type { SyncDependencies } from "./dependencies.js";
import { LockObject, type Acquired, type LockStatus } from "./lock.js";
import type { PermitClusters } from "./permit-link.js";

/** A lock by name, over all hosts of a cluster. */
export class ClusterLock extends LockObject {
  readonly handle: Handle;
  readonly cluster: string;
  readonly #permits: ClusterPermits;

  constructor(engine: SyncDependencies, handle: Handle, name: string, address: string, clusters: PermitClusters) {
    super();
    if (handle.startsWith("rlock:"))
      throw new PolyprocError("BadState", `${handle}: recursive locks are for one machine; use a lock`);
    this.handle = handle;
    this.cluster = clusters.shown(address);
    this.#permits = new ClusterPermits(engine, this, clusters.hostname, clusters.permits(address, "lock", name, 1));
  }

  acquire(session: Session, owner: string, timeoutMs: number | null | undefined): Wait<Acquired> {
    return this.#permits.acquire(session, owner, timeoutMs);
  }

  release(session: Session, owner: string): Promise<null> {
    return this.#permits.release(session, owner, 1);
  }

  async status(): Promise<LockStatus> {
    const { holders, waiters } = await this.#permits.status();
    return { locked: holders.length > 0, holder: holders[0] ?? null, depth: holders.length, waiters };
  }

  describe(): SyncInfo {
    const { holders, waiters } = this.#permits.describe();
    return { handle: this.handle, kind: "lock", holders, waiters, value: holders.length, limit: null };
  }

  unreferenced(): void {
    this.#permits.unreferenced();
  }
}
