import type { Mode, ResultEntry } from "../../../protocol/job.js";
import type { Target } from "../../../protocol/target.js";
import { decodeFrom } from "../session/codec.js";
import { aborted, Cancelled, type Closed } from "../session/errors.js";
import { ImapInputs } from "./imap-inputs.js";
import { errorOf } from "./pool-errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import { PoolJob, type JobClient, type JobOptions } from "./pool-job.js";
import { ProgressCount, type ProgressListener } from "./progress.js";
import { AsyncResult, fail, ran, succeed, type ResultListeners } from "./result.js";

export interface MapJobOptions<T> extends JobOptions, ResultListeners<T[]> {
  chunkSize: number;
  /** How many items of an async iterable may be submitted and not done. */
  lookAhead: number;
  returnExceptions?: boolean | undefined;
  failFast?: boolean | undefined;
  onProgress?: ProgressListener | undefined;
  signal?: AbortSignal | undefined;
}

/** One call of `map` or `starmap`, as one job. */
export class MapJob<T> implements JobClient {
  readonly result: AsyncResult<T[]>;
  readonly job: PoolJob;
  readonly #options: MapJobOptions<T>;
  readonly #progress: ProgressCount;
  /** The items, or what they are read from. */
  readonly #items: readonly unknown[] | null;
  readonly #inputs: ImapInputs | null;
  readonly #values: unknown[];
  /** How many items were submitted, and how many of these have ended. */
  #submitted = 0;
  #ended = 0;
  /** No more items will be submitted. */
  #exhausted = false;
  #reading = false;
  /** The failure with the smallest index. */
  #failure: { index: number; error: unknown } | null = null;
  #over = false;

  constructor(
    jobs: PoolJobs,
    target: Target,
    mode: Mode,
    items: readonly unknown[] | AsyncIterable<unknown>,
    options: MapJobOptions<T>,
  ) {
    this.#options = options;
    this.#progress = new ProgressCount(options.onProgress);
    this.#items = Array.isArray(items) ? items : null;
    this.#inputs = Array.isArray(items) ? null : new ImapInputs(items as AsyncIterable<unknown>);
    this.#values = new Array<unknown>(this.#items?.length ?? 0);
    this.result = new AsyncResult<T[]>(() => this.#cancel(), options);
    this.job = new PoolJob(jobs, target, mode, options, this);
    this.room();
  }

  /** Submits chunks while the job's window has space. The rest of a long list is encoded later, which bounds memory. */
  room(): void {
    if (!this.#items) {
      void this.#read();
      return;
    }
    const { length } = this.#items;
    while (this.#submitted < length && this.job.hasRoom)
      this.#submit(this.#items.slice(this.#submitted, this.#submitted + this.#options.chunkSize));
    if (this.#submitted >= length) this.#exhausted = true;
    this.#finishIfDone();
  }

  outcome(entry: ResultEntry): void {
    const { index, count, values, origin, ms } = entry;
    ran(this.result, ms);
    if (!values) {
      const use = this.#options.returnExceptions ? "returned" : "thrown";
      this.#failed(entry, errorOf(entry, this.job.connection, use));
      return;
    }
    let decoded: unknown[];
    try {
      decoded = decodeFrom(origin, this.job.handle, values, this.job.connection) as unknown[];
    } catch (thrown) {
      this.#failed(entry, thrown);
      return;
    }
    for (let i = 0; i < count; i++) this.#values[index + i] = decoded[i];
    this.#settle(entry, false);
  }

  failed(index: number, count: number, error: unknown): void {
    this.#failed({ index, count, ms: 0, pid: 0 }, error);
  }

  ended(error: unknown): void {
    if (this.#exhausted) return;
    this.#exhausted = true;
    void this.#inputs?.leave();
    const from = this.#submitted;
    // Items that were never submitted get no outcome from the server: fail them here. Those that were not read have no
    // number: one failure stands for them, or the results would look complete.
    const count = (this.#items?.length ?? from + 1) - from;
    this.#submitted += count;
    this.failed(from, count, error);
  }

  lost(error: Closed): void {
    this.#stop(error);
  }

  #submit(items: readonly unknown[]): void {
    const from = this.#submitted;
    this.#submitted += items.length;
    this.job.submit(from, items);
  }

  /** Reads and submits items while the look-ahead and the job's window have space. */
  async #read(): Promise<void> {
    if (this.#reading || this.#exhausted) return;
    this.#reading = true;
    const { chunkSize, lookAhead } = this.#options;
    let chunk: unknown[] = [];
    try {
      while (!this.#exhausted && this.#submitted - this.#ended < lookAhead && this.job.hasRoom) {
        const { done, value } = await this.#inputs!.next();
        // The call ended while the input was awaited.
        if (this.#exhausted) break;
        if (!done) chunk.push(value);
        if (chunk.length >= chunkSize || (done && chunk.length > 0)) {
          this.#submit(chunk);
          chunk = [];
        }
        if (done) this.#exhausted = true;
      }
    } catch (error) {
      // The inputs have failed: the call fails with their error, whatever its items do.
      this.#stop(error);
    }
    this.#reading = false;
    this.#finishIfDone();
  }

  #cancel(): void {
    this.job.cancel();
    this.ended(new Cancelled("Cancelled", "the task was cancelled"));
  }

  #failed(entry: Pick<ResultEntry, "index" | "count" | "ms" | "pid">, failure: unknown): void {
    if (this.#over) return;
    const { index, count } = entry;
    const { signal, returnExceptions, failFast } = this.#options;
    const error = failure instanceof Cancelled && signal?.aborted ? aborted(signal) : failure;
    if (returnExceptions) for (let i = index; i < index + count; i++) this.#values[i] = error;
    else if (this.#failure === null || index < this.#failure.index) this.#failure = { index, error };
    this.#settle(entry, true);
    if (failFast) this.#stop(error);
  }

  #settle(entry: Pick<ResultEntry, "index" | "count" | "ms" | "pid">, failed: boolean): void {
    if (this.#over) return;
    this.#ended += entry.count;
    const total = this.#items?.length ?? (this.#exhausted ? this.#submitted : undefined);
    this.#progress.add(entry, failed, total);
    this.#finishIfDone();
    if (this.#inputs) void this.#read();
  }

  #finishIfDone(): void {
    if (this.#over || !this.#exhausted || this.#ended < this.#submitted) return;
    this.#over = true;
    if (this.#failure) fail(this.result, this.#failure.error);
    else succeed(this.result, this.#values as T[]);
    this.job.release();
  }

  /** Ends the call with this error. The server cancels what is not done. */
  #stop(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#exhausted = true;
    void this.#inputs?.leave();
    fail(this.result, error);
    this.job.cancel();
    this.job.release();
  }
}
