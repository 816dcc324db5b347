import type { JobOptions } from "./pool-job.js";
import type { ProgressListener } from "./progress.js";
import type { ResultListeners } from "./result.js";
import {
  aCount,
  aDuration,
  aFlag,
  aFunction,
  aList,
  aNumber,
  anObject,
  anything,
  aSignal,
  aText,
  orNull,
  type OptionTable,
} from "../session/options.js";
import { surroundingsOptions, type SurroundingsOptions } from "../processes/surroundings.js";
import type { CommandTarget, ModuleByUrl, ModuleTarget, SourceTarget, Typed } from "../processes/target.js";

/**
 * What a pool runs (see Runnable). `A`: its arguments; `R`: its result. Targets given by name or as source text accept
 * any.
 */
export type PoolTarget<A extends readonly unknown[], R> =
  | (ModuleTarget & Typed<A, R>)
  | (ModuleByUrl & Typed<A, R>)
  | (CommandTarget & Typed<A, R>)
  | (SourceTarget & Typed<A, R>)
  | ((...args: [...A]) => R | PromiseLike<R>);

/** Any target. */
export type AnyTarget = PoolTarget<never, unknown>;

export interface PoolOptions extends SurroundingsOptions {
  /** Runs in each worker before its first task. If it fails, the pending tasks fail with its error. */
  initializer?: AnyTarget | undefined;
  /** The initializer's arguments. Default: none. */
  initargs?: readonly unknown[] | undefined;
  /** How many tasks (chunks, for `map`) a worker runs before a new one replaces it. Default: no limit. */
  maxTasksPerChild?: number | undefined;
  /** Whether the workers are daemonic: such workers may not start processes or make pools. Default true. */
  daemon?: boolean | undefined;
  /** Workers that are started with the pool, and stay when they are idle. Default 0: workers start with tasks. */
  minProcesses?: number | undefined;
  /** Milliseconds after which an idle worker beyond `minProcesses` ends. Default: it stays as long as the pool. */
  idleTimeoutMs?: number | null | undefined;
  /**
   * Most calls of `apply` that may wait, beyond one for each worker. A further call fails with Full; `room()` waits for
   * its turn. Default: no limit.
   */
  maxQueue?: number | undefined;
  /** Record how long tasks wait and run, for `timing`. It costs about a microsecond for each task. Default false. */
  recordTiming?: boolean | undefined;
  /** Name shown in lists of pools. Default: none. */
  name?: string | undefined;
  /**
   * Address of a cluster's Redis: the tasks run on its hosts, at most `processes` at a time (default: no limit). Such a
   * pool takes no option about its workers. See docs/cluster.md. Default: they run on this machine.
   */
  cluster?: string | undefined;
  /** Labels that a host of the cluster must have. Default: none. */
  needs?: readonly string[] | undefined;
}

export interface PoolSettings extends PoolOptions {
  /** Largest number of workers. Default: the number of CPUs. */
  processes?: number | null | undefined;
}

export const poolOptions: OptionTable<PoolOptions> = {
  initializer: anything,
  initargs: aList,
  maxTasksPerChild: aCount(1),
  daemon: aFlag,
  minProcesses: aCount(0),
  idleTimeoutMs: aDuration,
  maxQueue: aCount(0),
  recordTiming: aFlag,
  name: aText,
  cluster: aText,
  needs: aList,
  ...surroundingsOptions,
};

export const poolSettings: OptionTable<PoolSettings> = { processes: orNull(aCount(1)), ...poolOptions };

/** How the tasks of a call run. */
export interface TaskOptions extends JobOptions {
  /**
   * Time limit of each task (each item of a `map`) from its start, in milliseconds. On expiry `currentTask().signal`
   * fires. If the task has not stopped `graceMs` later, its worker is killed. The task fails with TimedOut. Default: no
   * limit.
   */
  timeoutMs?: number | null | undefined;
  /** Time between asking a task to stop and killing its worker, in milliseconds. Default 1000. */
  graceMs?: number | null | undefined;
  /** How often a task is retried after it fails, times out or loses its worker. Default 0. */
  retries?: number | undefined;
  /**
   * Waiting tasks of a higher priority run first, whatever call they belong to; -1000 to 1000. Running tasks are not
   * interrupted. Default 0.
   */
  priority?: number | undefined;
  /**
   * Cancels the call: items that are not done fail with Cancelled, whose `cause` is the signal's reason. A call that
   * throws failures then rejects with that.
   */
  signal?: AbortSignal | undefined;
}

const taskOptions: OptionTable<TaskOptions> = {
  timeoutMs: aDuration,
  graceMs: aDuration,
  retries: aCount(0),
  priority: aNumber(-1000, 1000),
  signal: aSignal,
};

const listeners: OptionTable<ResultListeners<unknown>> = { callback: aFunction, errorCallback: aFunction };

export interface ApplyOptions<T> extends TaskOptions, ResultListeners<T> {
  /**
   * Keyword arguments of a Python function. A JavaScript function receives them, if not empty, as one more argument,
   * the last. Default: none.
   */
  kwargs?: Record<string, unknown> | undefined;
}

export const applyOptions: OptionTable<ApplyOptions<unknown>> = { kwargs: anObject, ...taskOptions, ...listeners };

interface ManyOptions<E extends boolean> extends TaskOptions {
  /** Called after each report of a worker: how many items are done, and how long those of the report ran. */
  onProgress?: ProgressListener | undefined;
  /** Return the errors of failed items in place of their results, and do not throw. Default false. */
  returnExceptions?: E | undefined;
}

export interface MapCallOptions<T, E extends boolean = boolean> extends ManyOptions<E>, ResultListeners<T[]> {
  /** Items in one task. Default: such that each worker gets four chunks, as in Python; 1 for an async iterable. */
  chunkSize?: number | undefined;
  /**
   * True: the first failure ends the call at once. Items that are not done are cancelled. Default false, as in Python:
   * the call fails when all items are done. Not together with `returnExceptions`.
   */
  failFast?: boolean | undefined;
}

const manyOptions: OptionTable<ManyOptions<boolean>> = {
  returnExceptions: aFlag,
  onProgress: aFunction,
  ...taskOptions,
};

export const mapOptions: OptionTable<MapCallOptions<unknown>> = {
  chunkSize: aCount(1),
  failFast: aFlag,
  ...manyOptions,
  ...listeners,
};

export interface ImapCallOptions<E extends boolean = boolean> extends ManyOptions<E> {
  /** Items in one task. Default 1, as in Python. */
  chunkSize?: number | undefined;
  /**
   * How many items may be submitted and not yet read. Default: two chunks for each worker; 32 while a task takes less
   * than a millisecond.
   */
  lookAhead?: number | undefined;
}

export const imapOptions: OptionTable<ImapCallOptions> = {
  chunkSize: aCount(1),
  lookAhead: aCount(1),
  ...manyOptions,
};

/** What a list of results holds: with `returnExceptions`, errors too. */
export type Results<T, E extends boolean> = true extends E ? T | Error : T;
