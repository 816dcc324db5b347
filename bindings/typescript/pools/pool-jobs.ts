import type { PolyprocError } from "../../../protocol/errors.js";
import type { PoolJob } from "./pool-job.js";
import type { SharedObject } from "../session/shared-object.js";

/** The jobs of a pool that wait for outcomes. They keep their pool alive, and it them; the others may be collected. */
export class PoolJobs {
  readonly pool: SharedObject;
  readonly live = new Set<PoolJob>();
  /** Has tasks that have not left. */
  #gathers: PoolJob | null = null;
  #ended: PolyprocError | null = null;

  constructor(pool: SharedObject) {
    this.pool = pool;
  }

  /** Why the pool takes no more tasks; null: it does. */
  get ended(): PolyprocError | null {
    return this.#ended;
  }

  /**
   * The job is about to gather tasks. Those that another one has gathered leave first, so that tasks leave in the order of the calls. What
   * is beyond that job's window does not: it may be passed.
   */
  takeTurn(job: PoolJob): void {
    const before = this.#gathers;
    this.#gathers = job;
    if (before !== null && before !== job) before.flush();
  }

  /** All tasks of the job have left. */
  hasFlushed(job: PoolJob): void {
    if (this.#gathers === job) this.#gathers = null;
  }

  /** Resolves once the server knows all that was submitted until now. */
  async accepted(): Promise<void> {
    await Promise.all([...this.live].map((job) => job.accepted()));
  }

  /** What has not left this process, and what is submitted from now on, fails with the error. */
  end(error: PolyprocError): void {
    this.#ended = error;
    for (const job of [...this.live]) job.end(error);
  }
}
