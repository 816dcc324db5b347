import type { ResultEntry } from "../../../protocol/job.js";
import type { Target } from "../../../protocol/target.js";
import { decodeFrom } from "../session/codec.js";
import type { Closed } from "../session/errors.js";
import type { CallQueue } from "./call-queue.js";
import { errorOf } from "./pool-errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import { PoolJob, type JobClient, type JobOptions } from "./pool-job.js";
import { AsyncResult, fail, ran, succeed, type ResultListeners } from "./result.js";

/** One job for all `apply` calls of one function with the same options. Each call is a task. */
export class ApplyJob implements JobClient {
  readonly job: PoolJob;
  readonly #results = new Map<number, AsyncResult<unknown>>();
  readonly #calls: CallQueue;
  #next = 0;

  /** `calls`: counts the pool's calls. */
  constructor(jobs: PoolJobs, target: Target, options: JobOptions, calls: CallQueue) {
    this.#calls = calls;
    this.job = new PoolJob(jobs, target, "apply", options, this);
  }

  call<T>(
    args: readonly unknown[],
    kwargs: Record<string, unknown> | undefined,
    listeners: ResultListeners<T> | null,
  ): AsyncResult<T> {
    this.#calls.add();
    const index = this.#next++;
    const result = new AsyncResult<T>(() => this.job.cancel([index]), listeners);
    this.#results.set(index, result);
    this.job.submit(index, [[args, kwargs ?? {}]]);
    return result;
  }

  outcome(entry: ResultEntry): void {
    const result = this.#take(entry.index);
    if (!result) return;
    ran(result, entry.ms);
    if (!entry.values) {
      fail(result, errorOf(entry, this.job.connection, "only"));
      return;
    }
    let values: unknown;
    try {
      values = decodeFrom(entry.origin, this.job.handle, entry.values, this.job.connection);
    } catch (error) {
      fail(result, error);
      return;
    }
    succeed(result, (values as [unknown])[0]);
  }

  failed(index: number, _count: number, error: unknown): void {
    const result = this.#take(index);
    if (result) fail(result, error);
  }

  lost(error: Closed): void {
    const results = [...this.#results.values()];
    this.#results.clear();
    this.#calls.remove(results.length);
    for (const result of results) fail(result, error);
  }

  #take(index: number): AsyncResult<unknown> | undefined {
    const result = this.#results.get(index);
    if (this.#results.delete(index)) this.#calls.remove();
    return result;
  }
}
