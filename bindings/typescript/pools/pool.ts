import type { EventEmitter } from "node:events";
import { availableParallelism } from "node:os";
import { PolyprocError } from "../../../protocol/errors.js";
import type { Mode } from "../../../protocol/job.js";
import { defaultChunkSize } from "./chunk.js";
import { encodeFor } from "../session/codec.js";
import { Cancelled, unlessClosed } from "../session/errors.js";
import { withConnection } from "../session/default-connection.js";
import { registerKind } from "../session/handles.js";
import { ImapIterator } from "./imap.js";
import { ApplyJob } from "./pool-apply.js";
import { CallQueue } from "./call-queue.js";
import { TimingRecord, type PoolTiming } from "./timing.js";
import { PoolEventSource, type PoolEvents } from "./pool-events.js";
import { PoolJobs } from "./pool-jobs.js";
import { MapJob } from "./pool-map.js";
import {
  applyOptions,
  imapOptions,
  mapOptions,
  poolOptions,
  poolSettings,
  type AnyTarget,
  type ApplyOptions,
  type ImapCallOptions,
  type MapCallOptions,
  type PoolOptions,
  type PoolSettings,
  type PoolTarget,
  type Results,
  type TaskOptions,
} from "./pool-options.js";
import { cancelBy, type AsyncResult } from "./result.js";
import { checkSurroundings, givenSurroundings, toSurroundings } from "../processes/surroundings.js";
import { checkOptions } from "../session/options.js";
import { ExistingHandle, SharedObject } from "../session/shared-object.js";
import { timeoutOf } from "../sync/wait-options.js";
import { refuseWhileLoading } from "../processes/current.js";
import { toTarget, type Runnable } from "../processes/target.js";

export { currentTask, type CurrentTask } from "../host/current-task.js";
export { ImapIterator } from "./imap.js";
export { TaskFailed, WorkerLost } from "./pool-errors.js";
export type {
  ApplyOptions,
  ImapCallOptions,
  MapCallOptions,
  PoolOptions,
  PoolSettings,
  PoolTarget,
  TaskOptions,
} from "./pool-options.js";
export type { Durations, PoolTiming } from "./timing.js";
export type { EndedPoolWorker, PoolEvents, PoolTaskFailure, PoolWorker } from "./pool-events.js";
export type { Progress } from "./progress.js";
export { AsyncResult } from "./result.js";

/** A pool's numbers at one moment. */
export interface PoolStatus {
  state: "running" | "closed" | "terminated";
  /** Largest number of workers. */
  processes: number;
  /** Worker processes that run; `busy` of them have a task. */
  workers: number;
  busy: number;
  /** Tasks that no worker has begun. */
  queued: number;
  /** Items that have ended. */
  done: number;
  failed: number;
}

/** For the size of chunks and how far `imap` goes ahead: workers of a cluster without a limit. */
const clusterWorkers = 64;

/** How many `apply` jobs are kept open, each for the next call of its function. */
const maxApplyJobs = 64;

/**
 * How many chunks for each worker `imap` submits ahead of its reader: one that runs, one that is ready. More while a
 * task takes less than a millisecond.
 */
const lookAheadChunks = 2;
const shortLookAheadChunks = 32;

/**
 * A pool of worker processes: Python's `multiprocessing.Pool`. Workers run tasks in parallel. One pool can run module
 * functions, commands and source text. A worker that dies fails only the task that it ran, with WorkerLost, and is
 * replaced.
 *
 * ```ts
 * await using pool = new Pool(4);
 * const digests = await pool.map(task(import.meta, digest), files);
 * ```
 */
export class Pool extends SharedObject {
  readonly #processes: number | undefined;
  readonly #jobs = new PoolJobs(this);
  /** Jobs of `apply` by target and options. A function is its own key: its source text is long. */
  readonly #applyJobs = new Map<string, ApplyJob>();
  readonly #functionJobs = new WeakMap<object, Map<string, ApplyJob>>();
  readonly #calls = new CallQueue(
    () => this.#workers + this.#maxQueue,
    () => this.#jobs.events?.drain(),
  );
  #cluster: string | undefined;
  #maxQueue = Infinity;
  #state: "running" | "closed" | "terminated" = "running";

  /**
   * `processes`: the largest number of workers. Default: the number of CPUs. Throws a RangeError unless it is a whole
   * number from 1 up. Workers start when there are tasks for them, and stay.
   */
  constructor(processes?: number | null, options?: PoolOptions);
  constructor(settings: PoolSettings);
  constructor(first?: number | null | PoolSettings | ExistingHandle, rest: PoolOptions = {}) {
    super("pool", first instanceof ExistingHandle ? first : {});
    if (first instanceof ExistingHandle) return;
    checkOptions("Pool", rest, poolOptions);
    const settings = typeof first === "object" && first !== null ? first : { ...rest, processes: first };
    checkOptions("Pool", settings, poolSettings);
    const { processes, initializer, initargs, maxTasksPerChild, minProcesses, idleTimeoutMs, name } = settings;
    checkSurroundings("Pool", settings);
    this.#processes = processes ?? undefined;
    this.#cluster = settings.cluster;
    this.#maxQueue = settings.maxQueue ?? Infinity;
    if (settings.recordTiming) this.#jobs.timing = new TimingRecord();
    const target = initializer === undefined ? undefined : toTarget(initializer as Runnable);
    this.create("pool/create", (pool) => ({
      pool,
      processes: this.#processes,
      initializer: target,
      initargs: initargs === undefined ? undefined : encodeFor(this.connection, [initargs, {}]),
      maxTasksPerChild,
      daemon: settings.daemon,
      minProcesses,
      idleTimeoutMs,
      name,
      cluster: settings.cluster,
      needs: settings.needs && [...settings.needs],
      ...(settings.cluster === undefined ? toSurroundings(settings) : givenSurroundings(settings)),
    }));
  }

  /**
   * Calls the function in a worker and waits for its result. Rejects with TaskFailed, WorkerLost, TimedOut, Cancelled
   * or TargetNotFound.
   */
  async apply<A extends unknown[], R>(target: PoolTarget<A, R>, args?: A, options?: ApplyOptions<R>): Promise<R> {
    return this.#apply<R>("Pool.apply", target, args, options).get();
  }

  /** `apply` without waiting. Failures are reported by the AsyncResult. Throws BadState if the pool was closed. */
  applyAsync<A extends unknown[], R>(target: PoolTarget<A, R>, args?: A, options?: ApplyOptions<R>): AsyncResult<R> {
    return this.#apply<R>("Pool.applyAsync", target, args, options);
  }

  /**
   * Calls the function with each item and waits for all results, which are in the order of the items. If items fail,
   * rejects once all are done, with the failure of the first of them; with `failFast`, at once. With
   * `returnExceptions`, failures are among the results. An async iterable is read as its items are run.
   */
  async map<T, R, E extends boolean = false>(
    target: PoolTarget<[T], R>,
    items: Iterable<T> | AsyncIterable<T>,
    options?: MapCallOptions<R, E>,
  ): Promise<Results<R, E>[]> {
    return this.#map("Pool.map", target, "map", items, options).get();
  }

  /** `map` without waiting. */
  mapAsync<T, R, E extends boolean = false>(
    target: PoolTarget<[T], R>,
    items: Iterable<T> | AsyncIterable<T>,
    options?: MapCallOptions<R, E>,
  ): AsyncResult<Results<R, E>[]> {
    return this.#map("Pool.mapAsync", target, "map", items, options);
  }

  /** `map` whose items are lists of arguments. */
  async starmap<A extends readonly unknown[], R, E extends boolean = false>(
    target: PoolTarget<A, R>,
    items: Iterable<A> | AsyncIterable<A>,
    options?: MapCallOptions<R, E>,
  ): Promise<Results<R, E>[]> {
    return this.#map("Pool.starmap", target, "starmap", items, options).get();
  }

  /** `starmap` without waiting. */
  starmapAsync<A extends readonly unknown[], R, E extends boolean = false>(
    target: PoolTarget<A, R>,
    items: Iterable<A> | AsyncIterable<A>,
    options?: MapCallOptions<R, E>,
  ): AsyncResult<Results<R, E>[]> {
    return this.#map("Pool.starmapAsync", target, "starmap", items, options);
  }

  /**
   * `map` for any number of items, even endless. The caller reads results one by one, in the order of the items; items
   * are taken only as results are read. A failure is thrown when its turn comes.
   */
  imap<T, R, E extends boolean = false>(
    target: PoolTarget<[T], R>,
    items: Iterable<T> | AsyncIterable<T>,
    options?: ImapCallOptions<E>,
  ): ImapIterator<Results<R, E>> {
    return this.#imap("Pool.imap", target, items, options, true);
  }

  /** `imap` with the results in the order in which they arrive. */
  imapUnordered<T, R, E extends boolean = false>(
    target: PoolTarget<[T], R>,
    items: Iterable<T> | AsyncIterable<T>,
    options?: ImapCallOptions<E>,
  ): ImapIterator<Results<R, E>> {
    return this.#imap("Pool.imapUnordered", target, items, options, false);
  }

  /**
   * Closes the pool: later calls throw BadState. The workers end once all submitted tasks are done; `join` waits for
   * that.
   */
  async close(): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "closed";
    // Tasks that this process has not sent yet were submitted, too: the server must accept them before it closes the
    // pool.
    await this.#jobs.accepted();
    await this.request("pool/close", (pool) => ({ pool }));
  }

  /** Ends the workers at once. Tasks that are not done fail with Cancelled. Resolves when the workers have ended. */
  async terminate(): Promise<void> {
    this.#state = "terminated";
    this.#jobs.end(new Cancelled("Cancelled", "the pool was terminated"));
    await this.request("pool/terminate", (pool) => ({ pool }), { urgent: true });
  }

  /**
   * Waits until the workers have ended. Rejects with BadState unless the pool was closed or terminated, and with
   * TimedOut after `timeoutMs` (milliseconds; default: no limit).
   */
  async join(timeoutMs?: number | null): Promise<void> {
    if (this.#state === "running")
      throw new PolyprocError("BadState", "the pool is still running: close() or terminate() it before join()");
    // A `close()` that the caller did not await may still be pending.
    await this.#jobs.accepted();
    const limit = timeoutOf({ timeoutMs });
    await this.request("pool/join", (pool) => ({ pool, timeoutMs: limit }));
  }

  /** The pool's workers and tasks at this moment, those of other clients that use it included. */
  async status(): Promise<PoolStatus> {
    const { state, processes, workers, busy, queued, done, failed } = await this.request("pool/status", (pool) => ({
      pool,
    }));
    return { state, processes, workers, busy, queued, done, failed };
  }

  /** Resolves when a call of `apply` would not fail for `maxQueue`. One producer awaits it before each call. */
  room(): Promise<void> {
    return this.#calls.room();
  }

  /**
   * How long the tasks of this process ran, and how long they waited before. A chunk of several items counts as one,
   * with the mean of its items. Throws BadState unless the pool was made with `recordTiming`.
   */
  get timing(): PoolTiming {
    const { timing } = this.#jobs;
    if (timing) return timing.timing;
    throw new PolyprocError("BadState", "the pool records no times: make it with { recordTiming: true }");
  }

  /**
   * Starts and ends of workers, failures, `drain` and `idle`: see `PoolEvents`. A listener does not keep the program
   * running, and an exception in it is an uncaught one.
   *
   * ```ts
   * pool.events.on("workerEnded", ({ pid, exitCode, dismissed }) => {
   *   if (!dismissed) console.error(`worker ${pid} ended with ${exitCode}`);
   * });
   * ```
   */
  get events(): EventEmitter<PoolEvents> {
    this.#jobs.events ??= new PoolEventSource(this);
    return this.#jobs.events.emitter;
  }

  /** Python's `with Pool() as pool`: leaving the block terminates the pool. */
  async [Symbol.asyncDispose](): Promise<void> {
    await unlessClosed(this.terminate());
  }

  #apply<T>(
    call: string,
    target: AnyTarget,
    args: readonly unknown[] | undefined,
    options: ApplyOptions<T> = {},
  ): AsyncResult<T> {
    checkOptions(call, options, applyOptions);
    this.#requireRunning(call);
    const result = this.#applyJob(target, options).call<T>(args ?? [], options.kwargs, options);
    return withSignal(result, options.signal);
  }

  #map(
    call: string,
    target: AnyTarget,
    mode: Mode,
    items: Iterable<unknown> | AsyncIterable<unknown>,
    options: MapCallOptions<never> = {},
  ): AsyncResult<never> {
    checkOptions(call, options, mapOptions);
    if (options.failFast && options.returnExceptions)
      throw new TypeError(`${call}: failFast ends the call with a failure, returnExceptions returns it: choose one`);
    this.#requireRunning(call);
    const list = Symbol.asyncIterator in items ? items : Array.isArray(items) ? items : [...items];
    const usual = Array.isArray(list) ? Math.max(1, defaultChunkSize(list.length, this.#workers)) : 1;
    const { chunkSize = usual } = options;
    const lookAhead = shortLookAheadChunks * this.#workers * chunkSize;
    const { result } = withConnection(
      this.connection,
      () =>
        new MapJob<never>(this.#jobs, toTarget(target as Runnable), mode, list, { ...options, chunkSize, lookAhead }),
    );
    return withSignal(result as AsyncResult<unknown> as AsyncResult<never>, options.signal);
  }

  #imap(
    call: string,
    target: AnyTarget,
    items: Iterable<unknown> | AsyncIterable<unknown>,
    options: ImapCallOptions = {},
    ordered: boolean,
  ): ImapIterator<never> {
    checkOptions(call, options, imapOptions);
    this.#requireRunning(call);
    const { chunkSize = 1, returnExceptions = false } = options;
    const perWorker = (chunks: number) => Math.max(options.lookAhead ?? chunks * this.#workers * chunkSize, chunkSize);
    const [lookAhead, shortLookAhead] = [perWorker(lookAheadChunks), perWorker(shortLookAheadChunks)];
    return withConnection(
      this.connection,
      () =>
        new ImapIterator<never>(this.#jobs, toTarget(target as Runnable), items, {
          ...options,
          chunkSize,
          lookAhead,
          shortLookAhead,
          ordered,
          returnExceptions,
        }),
    );
  }

  #applyJob(target: AnyTarget, { timeoutMs, graceMs, retries, priority }: TaskOptions): ApplyJob {
    const settings = `${timeoutMs}|${graceMs}|${retries}|${priority}`;
    const jobs = typeof target === "function" ? this.#jobsOf(target) : this.#applyJobs;
    const key = typeof target === "function" ? settings : `${settings}|${JSON.stringify(target)}`;
    let job = jobs.get(key);
    if (job) return job;
    job = withConnection(
      this.connection,
      () =>
        new ApplyJob(this.#jobs, toTarget(target as Runnable), { timeoutMs, graceMs, retries, priority }, this.#calls),
    );
    if (jobs.size >= maxApplyJobs) jobs.delete(jobs.keys().next().value!);
    jobs.set(key, job);
    return job;
  }

  #jobsOf(target: object): Map<string, ApplyJob> {
    let jobs = this.#functionJobs.get(target);
    if (!jobs) this.#functionJobs.set(target, (jobs = new Map()));
    return jobs;
  }

  get #workers(): number {
    if (this.#processes === undefined && this.#cluster !== undefined) return clusterWorkers;
    return this.#processes ?? (this.connection.isOpen ? this.connection.facts.cpuCount : availableParallelism());
  }

  #requireRunning(call: string): void {
    refuseWhileLoading(call);
    if (this.#state !== "running")
      throw new PolyprocError("BadState", `the pool was ${this.#state}: it takes no more calls; make a new one`);
  }
}

function withSignal<T>(result: AsyncResult<T>, signal: AbortSignal | undefined): AsyncResult<T> {
  if (signal) cancelBy(result, signal);
  return result;
}

registerKind("pool", (from) => new (Pool as new (from: ExistingHandle) => Pool)(from));
