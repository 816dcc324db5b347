import type { Mode, ResultEntry } from "../../../protocol/job.js";
import type { Target } from "../../../protocol/target.js";
import { decodeFrom } from "../session/codec.js";
import { aborted, Cancelled, type Closed } from "../session/errors.js";
import { errorOf } from "./pool-errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import { PoolJob, type JobClient, type JobOptions } from "./pool-job.js";
import { AsyncResult, fail, succeed, type ResultListeners } from "./result.js";

export interface MapJobOptions<T> extends JobOptions, ResultListeners<T[]> {
  chunkSize: number;
  returnExceptions?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** One call of `map` or `starmap`, as one job. */
export class MapJob<T> implements JobClient {
  readonly result: AsyncResult<T[]>;
  readonly job: PoolJob;
  readonly #items: readonly unknown[];
  readonly #chunkSize: number;
  readonly #returnExceptions: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #values: unknown[];
  /** Index of the first item that was not submitted. */
  #at = 0;
  #left: number;
  /** The failure with the smallest index. */
  #failure: { index: number; error: unknown } | null = null;

  constructor(jobs: PoolJobs, target: Target, mode: Mode, items: readonly unknown[], options: MapJobOptions<T>) {
    this.#items = items;
    this.#chunkSize = options.chunkSize;
    this.#returnExceptions = options.returnExceptions ?? false;
    this.#signal = options.signal;
    this.#values = new Array<unknown>(items.length);
    this.#left = items.length;
    this.result = new AsyncResult<T[]>(() => this.#cancel(), options);
    this.job = new PoolJob(jobs, target, mode, options, this);
    if (items.length === 0) this.#finish();
    else this.room();
  }

  /** Submits chunks while the job's window has space. The rest of a long list is encoded later, which bounds memory. */
  room(): void {
    while (this.#at < this.#items.length && this.job.hasRoom) {
      const from = this.#at;
      this.#at += this.#chunkSize;
      this.job.submit(from, this.#items.slice(from, this.#at));
    }
  }

  outcome(entry: ResultEntry): void {
    const { index, count, values, origin } = entry;
    if (!values) {
      this.failed(index, count, errorOf(entry, this.job.connection, this.#returnExceptions ? "returned" : "thrown"));
      return;
    }
    let decoded: unknown[];
    try {
      decoded = decodeFrom(origin, this.job.handle, values, this.job.connection) as unknown[];
    } catch (thrown) {
      this.failed(index, count, thrown);
      return;
    }
    for (let i = 0; i < count; i++) this.#values[index + i] = decoded[i];
    this.#settle(count);
  }

  failed(index: number, count: number, failure: unknown): void {
    const error = failure instanceof Cancelled && this.#signal?.aborted ? aborted(this.#signal) : failure;
    if (this.#returnExceptions) this.#values.fill(error, index, index + count);
    else if (this.#failure === null || index < this.#failure.index) this.#failure = { index, error };
    this.#settle(count);
  }

  ended(error: unknown): void {
    const from = this.#at;
    this.#at = this.#items.length;
    // Items that were never submitted get no outcome from the server: fail them here.
    if (from < this.#items.length) this.failed(from, this.#items.length - from, error);
  }

  lost(error: Closed): void {
    this.#left = 0;
    this.#at = this.#items.length;
    fail(this.result, error);
  }

  #cancel(): void {
    this.job.cancel();
    this.ended(new Cancelled("Cancelled", "the task was cancelled"));
  }

  #settle(count: number): void {
    this.#left -= count;
    if (this.#left === 0) this.#finish();
  }

  #finish(): void {
    if (this.#failure) fail(this.result, this.#failure.error);
    else succeed(this.result, this.#values as T[]);
    this.job.release();
  }
}
