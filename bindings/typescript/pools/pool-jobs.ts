import type { PolyprocError } from "../../../protocol/errors.js";
import type { PoolEventSource } from "./pool-events.js";
import type { PoolJob } from "./pool-job.js";
import type { TimingRecord } from "./timing.js";
import type { SharedObject } from "../session/shared-object.js";

/**
 * The jobs of one pool. Jobs that wait for outcomes keep the pool alive, and the pool keeps them. Other jobs can be
 * garbage collected.
 */
export class PoolJobs {
  readonly pool: SharedObject;
  readonly live = new Set<PoolJob>();
  /** How long tasks wait and run; null: the pool does not record it. */
  timing: TimingRecord | null = null;
  /** Null: the pool's events have had no listener. */
  events: PoolEventSource | null = null;
  /** The job with tasks that were not sent yet. */
  #gathers: PoolJob | null = null;
  #ended: PolyprocError | null = null;

  constructor(pool: SharedObject) {
    this.pool = pool;
  }

  /** Why the pool accepts no more tasks; null while it does. */
  get ended(): PolyprocError | null {
    return this.#ended;
  }

  /**
   * Called before a job queues a task. If another job has queued tasks, they are sent first, so that tasks leave in the
   * order of the calls. Tasks beyond that job's window stay queued and may be overtaken.
   */
  takeTurn(job: PoolJob): void {
    const before = this.#gathers;
    this.#gathers = job;
    if (before !== null && before !== job) before.flush();
  }

  /** The job has sent all its tasks. */
  hasFlushed(job: PoolJob): void {
    if (this.#gathers === job) this.#gathers = null;
  }

  /** All items of the job have ended. */
  settled(job: PoolJob): void {
    if (this.live.delete(job) && this.live.size === 0) this.events?.idle();
  }

  /** Resolves once the server has answered for all tasks submitted so far. */
  async accepted(): Promise<void> {
    await Promise.all([...this.live].map((job) => job.accepted()));
  }

  /** Ends submission: tasks that were not sent yet, and all later ones, fail with the error. */
  end(error: PolyprocError): void {
    this.#ended = error;
    for (const job of [...this.live]) job.end(error);
  }
}
