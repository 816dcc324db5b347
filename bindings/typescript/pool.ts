import { availableParallelism } from "node:os";
import { PolyprocError } from "../../protocol/errors.js";
import type { Mode } from "../../protocol/job.js";
import type { Target } from "../../protocol/target.js";
import { checkedChunkSize, defaultChunkSize } from "./chunk.js";
import { encode } from "./codec.js";
import { withConnection } from "./default-connection.js";
import { registerKind } from "./handles.js";
import { ImapIterator } from "./imap.js";
import { ApplyJob } from "./pool-apply.js";
import { MapJob } from "./pool-map.js";
import type { PoolJob, JobOptions } from "./pool-job.js";
import type { ApplyOptions, ImapCallOptions, MapCallOptions, PoolOptions, ReturningExceptions, TaskOptions } from "./pool-options.js";
import type { AsyncResult } from "./result.js";
import { ExistingHandle, SharedObject } from "./shared-object.js";
import { wireTarget, type PoolTarget } from "./target.js";

export { currentTask, type CurrentTask } from "./host/current-task.js";
export { ImapIterator } from "./imap.js";
export { TaskFailed, WorkerLost } from "./pool-errors.js";
export type { ApplyOptions, ImapCallOptions, MapCallOptions, PoolOptions, TaskOptions } from "./pool-options.js";
export { AsyncResult } from "./result.js";

/** Jobs of `apply` that are kept open for the next call of the same function. */
const maxApplyJobs = 64;

/**
 * A pool of worker processes: Python's `multiprocessing.Pool`. Functions run in the workers, several at a time; any mix of module
 * functions, commands and source text may share a pool. A worker that dies fails only the task that it ran (WorkerLost) and is replaced.
 *
 * ```ts
 * await using pool = new Pool(4);
 * const digests = await pool.map(task(import.meta, digest), files);
 * ```
 */
export class Pool extends SharedObject {
  readonly #processes: number | undefined;
  readonly #applyJobs = new Map<string, ApplyJob>();
  readonly #jobs = new Set<WeakRef<PoolJob>>();
  #state: "running" | "closed" | "terminated" = "running";

  /**
   * `processes`: how many workers there are at most. Default: the number of CPUs. Workers are started when there is work for them, and none
   * before that.
   */
  constructor(processes?: number | null, options?: PoolOptions);
  constructor(options?: PoolOptions & { processes?: number | null | undefined });
  constructor(from: ExistingHandle);
  constructor(first?: number | null | ExistingHandle | (PoolOptions & { processes?: number | null | undefined }), rest: PoolOptions = {}) {
    super("pool", first instanceof ExistingHandle ? first : {});
    if (first instanceof ExistingHandle) return;
    const { processes, initializer, initargs, maxTasksPerChild } = typeof first === "object" && first !== null ? first : { ...rest, processes: first };
    if (processes !== undefined && processes !== null && !(Number.isSafeInteger(processes) && processes >= 1)) {
      throw new RangeError(`processes must be a whole number from 1 on, got ${processes}`);
    }
    this.#processes = processes ?? undefined;
    const wireInitializer = initializer === undefined ? undefined : wireTarget(initializer);
    this.create("pool/create", (pool) => ({
      pool,
      processes: this.#processes,
      initializer: wireInitializer,
      initargs: initargs === undefined ? undefined : encode([initargs, {}]),
      maxTasksPerChild,
    }));
  }

  /** Calls the function in a worker and waits for its result. Rejects with TaskFailed, WorkerLost, TimedOut, Cancelled or TargetNotFound. */
  apply<A extends unknown[], R>(target: PoolTarget<A, R>, args?: A, kwargs?: undefined, options?: TaskOptions): Promise<Awaited<R>>;
  apply<A extends unknown[], K extends Record<string, unknown>, R>(target: PoolTarget<[...A, K], R>, args: A, kwargs: K, options?: TaskOptions): Promise<Awaited<R>>;
  apply(target: PoolTarget<never, unknown>, args?: unknown[], kwargs?: Record<string, unknown>, options?: TaskOptions): Promise<unknown> {
    return this.#apply(target, args, kwargs, options).get();
  }

  /** The same without waiting: the result comes later. Never throws, except that the pool was closed; what fails is told by the result. */
  applyAsync<A extends unknown[], R>(target: PoolTarget<A, R>, args?: A, kwargs?: undefined, options?: ApplyOptions<Awaited<R>>): AsyncResult<Awaited<R>>;
  applyAsync<A extends unknown[], K extends Record<string, unknown>, R>(target: PoolTarget<[...A, K], R>, args: A, kwargs: K, options?: ApplyOptions<Awaited<R>>): AsyncResult<Awaited<R>>;
  applyAsync(target: PoolTarget<never, unknown>, args?: unknown[], kwargs?: Record<string, unknown>, options?: ApplyOptions<never>): AsyncResult<unknown> {
    return this.#apply(target, args, kwargs, options);
  }

  /**
   * Calls the function with each item, and waits for all results, which come in the order of the items. Rejects, once all are done, with the
   * failure of the first item that failed; with `returnExceptions` failures are among the results instead.
   */
  map<T, R, O extends MapCallOptions<Awaited<R>>>(target: PoolTarget<[T], R>, items: Iterable<T>, options?: O): Promise<ReturningExceptions<Awaited<R>, O>[]> {
    return this.mapAsync(target, items, options).get();
  }

  mapAsync<T, R, O extends MapCallOptions<Awaited<R>>>(target: PoolTarget<[T], R>, items: Iterable<T>, options?: O): AsyncResult<ReturningExceptions<Awaited<R>, O>[]> {
    return this.#map(target, "map", items, options);
  }

  /** As `map`, but each item is the list of the function's arguments. */
  starmap<A extends readonly unknown[], R, O extends MapCallOptions<Awaited<R>>>(target: PoolTarget<[...A], R>, items: Iterable<A>, options?: O): Promise<ReturningExceptions<Awaited<R>, O>[]> {
    return this.starmapAsync(target, items, options).get();
  }

  starmapAsync<A extends readonly unknown[], R, O extends MapCallOptions<Awaited<R>>>(target: PoolTarget<[...A], R>, items: Iterable<A>, options?: O): AsyncResult<ReturningExceptions<Awaited<R>, O>[]> {
    return this.#map(target, "starmap", items, options);
  }

  /**
   * As `map`, for any number of items, endless ones too: results are read one by one, in the order of the items, and items are taken only as
   * results are read. A failure is thrown when its turn comes.
   */
  imap<T, R, O extends ImapCallOptions>(target: PoolTarget<[T], R>, items: Iterable<T> | AsyncIterable<T>, options?: O): ImapIterator<ReturningExceptions<Awaited<R>, O>> {
    return this.#imap(target, items, options, true);
  }

  /** As `imap`, with the results in the order in which they come. */
  imapUnordered<T, R, O extends ImapCallOptions>(target: PoolTarget<[T], R>, items: Iterable<T> | AsyncIterable<T>, options?: O): ImapIterator<ReturningExceptions<Awaited<R>, O>> {
    return this.#imap(target, items, options, false);
  }

  /** No more calls. The workers end once what was submitted is done; `join()` waits for that. */
  async close(): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "closed";
    await Promise.all([...this.#liveJobs()].map((job) => job.accepted()));
    if (this.#stateNow() === "closed") await this.request("pool/close", (pool) => ({ pool }));
  }

  /** Ends the workers at once. What is not done fails with Cancelled. Resolves when the workers have gone. */
  async terminate(): Promise<void> {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    for (const job of this.#liveJobs()) job.cancelUnsent();
    await this.request("pool/terminate", (pool) => ({ pool }));
  }

  /**
   * Waits until the workers have gone. Fails with BadState unless the pool was closed or terminated, and with TimedOut after
   * `timeoutMs` (milliseconds; default: no limit).
   */
  async join(timeoutMs?: number | null): Promise<void> {
    if (this.#state === "running") throw new PolyprocError("BadState", "the pool is still running: close() or terminate() it before join()");
    await this.request("pool/join", (pool) => ({ pool, timeoutMs: timeoutMs ?? null }));
  }

  /** Python's `with Pool() as pool`: leaving the block terminates the pool. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate();
  }

  #apply<T>(target: PoolTarget<never, unknown>, args: readonly unknown[] = [], kwargs: Record<string, unknown> | undefined, options: ApplyOptions<T> | undefined): AsyncResult<T> {
    this.#requireRunning();
    const result = this.#applyJob(wireTarget(target), options ?? {}).call(args, kwargs, options ?? null);
    return withSignal(result, options?.signal);
  }

  #map(target: PoolTarget<never, unknown>, mode: Mode, items: Iterable<unknown>, options: MapCallOptions<never> = {}): AsyncResult<never> {
    this.#requireRunning();
    const list = Array.isArray(items) ? items : [...items];
    const chunkSize = options.chunkSize === undefined ? Math.max(1, defaultChunkSize(list.length, this.#workers())) : checkedChunkSize(options.chunkSize);
    const { result, job } = withConnection(this.connection, () => new MapJob<never>(this, wireTarget(target), mode, list, { ...options, chunkSize } as never));
    this.#remember(job);
    return withSignal(result as AsyncResult<never>, options.signal);
  }

  #imap(target: PoolTarget<never, unknown>, items: Iterable<unknown> | AsyncIterable<unknown>, options: ImapCallOptions = {}, ordered: boolean): ImapIterator<never> {
    this.#requireRunning();
    const chunkSize = checkedChunkSize(options.chunkSize ?? 1);
    const lookAhead = Math.max(options.lookAhead ?? 2 * this.#workers() * chunkSize, chunkSize);
    const iterator = withConnection(this.connection, () => new ImapIterator<never>(this, wireTarget(target), "map", items, { ...options, chunkSize, lookAhead, ordered, returnExceptions: options.returnExceptions ?? false }));
    return iterator;
  }

  #applyJob(target: Target, { timeoutMs, graceMs, retries }: JobOptions): ApplyJob {
    const key = JSON.stringify([target, timeoutMs, graceMs, retries]);
    let job = this.#applyJobs.get(key);
    if (job) return job;
    job = withConnection(this.connection, () => new ApplyJob(this, target, { timeoutMs, graceMs, retries }));
    if (this.#applyJobs.size >= maxApplyJobs) this.#applyJobs.delete(this.#applyJobs.keys().next().value!);
    this.#applyJobs.set(key, job);
    return job;
  }
}
