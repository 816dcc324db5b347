import type { PoolJob } from "./pool-job.js";
import type { SharedObject } from "./shared-object.js";

/** The jobs of a pool that wait for outcomes. They keep their pool alive, and it them; the others may be collected. */
export class PoolJobs {
  readonly pool: SharedObject;
  readonly live = new Set<PoolJob>();

  constructor(pool: SharedObject) {
    this.pool = pool;
  }

  /** Resolves once the server knows all that was submitted until now. */
  async accepted(): Promise<void> {
    await Promise.all([...this.live].map((job) => job.accepted()));
  }
}
