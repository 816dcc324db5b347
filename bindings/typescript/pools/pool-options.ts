import type { JobOptions } from "./pool-job.js";
import type { ResultListeners } from "./result.js";
import type { CommandTarget, ModuleTarget, SourceTarget, Typed } from "../processes/target.js";

/**
 * What a pool runs: see Runnable. `A`: its arguments; `R`: its result. Targets that are given by name, or as source text, may have any.
 */
export type PoolTarget<A extends readonly unknown[], R> =
  | (ModuleTarget & Typed<A, R>)
  | (CommandTarget & Typed<A, R>)
  | (SourceTarget & Typed<A, R>)
  | ((...args: [...A]) => R | PromiseLike<R>);

/** Any target. */
export type AnyTarget = PoolTarget<never, unknown>;

export interface PoolOptions {
  /** Runs in each worker before its first task. When it fails, the waiting tasks fail with its error. */
  initializer?: AnyTarget | undefined;
  /** The initializer's arguments. Default: none. */
  initargs?: readonly unknown[] | undefined;
  /** A worker ends after so many tasks (chunks, for `map`), and a fresh one takes its place. Default: it stays. */
  maxTasksPerChild?: number | undefined;
  /** For people, who see it in lists of pools. Default: none. */
  name?: string | undefined;
}

/** How a call's tasks are run. */
export interface TaskOptions extends JobOptions {
  /**
   * Limit of each task (each item of a `map`) from its start, in milliseconds: past it `currentTask().signal` fires, `graceMs` later the
   * worker is killed, and the task fails with TimedOut. Default: no limit.
   */
  timeoutMs?: number | null | undefined;
  /** Between asking a task to stop and killing its worker, in milliseconds. Default 1000. */
  graceMs?: number | null | undefined;
  /** How often to try again when a task fails, times out or loses its worker. Default 0. */
  retries?: number | undefined;
  /** Cancels the call: what is not done of it fails with Cancelled. `imap` ends with the signal's reason instead. */
  signal?: AbortSignal | undefined;
}

export interface ApplyOptions<T> extends TaskOptions, ResultListeners<T> {}

interface ManyOptions extends TaskOptions {
  /** Yield the errors of failed items in the place of their results, instead of throwing. Default false. */
  returnExceptions?: boolean | undefined;
}

export interface MapCallOptions<T> extends ManyOptions, ResultListeners<T[]> {
  /** Items that go to a worker together. Default: four chunks for each worker, as in Python. */
  chunkSize?: number | undefined;
}

export interface ImapCallOptions extends ManyOptions {
  /** Items that go to a worker together. Default 1, as in Python. */
  chunkSize?: number | undefined;
  /**
   * How many items may be under way or wait to be read. Default: two chunks for each worker, up to 32 while a chunk takes less than a
   * millisecond.
   */
  lookAhead?: number | undefined;
}

/** What a list of results holds: with `returnExceptions`, errors too. */
export type Results<T, O> = O extends { returnExceptions: true } ? T | Error : T;
