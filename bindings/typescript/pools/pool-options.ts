import type { JobOptions } from "./pool-job.js";
import type { ResultListeners } from "./result.js";
import type { CommandTarget, ModuleTarget, SourceTarget, Typed } from "../processes/target.js";

/**
 * What a pool runs (see Runnable). `A`: its arguments; `R`: its result. Targets given by name or as source text accept
 * any.
 */
export type PoolTarget<A extends readonly unknown[], R> =
  | (ModuleTarget & Typed<A, R>)
  | (CommandTarget & Typed<A, R>)
  | (SourceTarget & Typed<A, R>)
  | ((...args: [...A]) => R | PromiseLike<R>);

/** Any target. */
export type AnyTarget = PoolTarget<never, unknown>;

export interface PoolOptions {
  /** Runs in each worker before its first task. If it fails, the pending tasks fail with its error. */
  initializer?: AnyTarget | undefined;
  /** The initializer's arguments. Default: none. */
  initargs?: readonly unknown[] | undefined;
  /** How many tasks (chunks, for `map`) a worker runs before a new one replaces it. Default: no limit. */
  maxTasksPerChild?: number | undefined;
  /** Name shown in lists of pools. Default: none. */
  name?: string | undefined;
}

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
  /** Cancels the call: items that are not done fail with Cancelled. `imap` ends with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface ApplyOptions<T> extends TaskOptions, ResultListeners<T> {}

interface ManyOptions extends TaskOptions {
  /** Return the errors of failed items in place of their results, and do not throw. Default false. */
  returnExceptions?: boolean | undefined;
}

export interface MapCallOptions<T> extends ManyOptions, ResultListeners<T[]> {
  /** Items in one task. Default: such that each worker gets four chunks, as in Python. */
  chunkSize?: number | undefined;
}

export interface ImapCallOptions extends ManyOptions {
  /** Items in one task. Default 1, as in Python. */
  chunkSize?: number | undefined;
  /**
   * How many items may be submitted and not yet read. Default: two chunks for each worker; 32 while a task takes less
   * than a millisecond.
   */
  lookAhead?: number | undefined;
}

/** What a list of results holds: with `returnExceptions`, errors too. */
export type Results<T, O> = O extends { returnExceptions: true } ? T | Error : T;
