import { isPromise } from "node:util/types";
import type { ResultEntry } from "../../../protocol/job.js";
import type { Target } from "../../../protocol/target.js";
import { decodeFrom } from "../session/codec.js";
import { aborted, Cancelled, TimedOut, type Closed } from "../session/errors.js";
import { ImapInputs } from "./imap-inputs.js";
import { ProgressCount, type ProgressListener } from "./progress.js";
import { leadingToCaller } from "./caller-stack.js";
import { errorOf } from "./pool-errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import { PoolJob, type JobClient, type JobOptions } from "./pool-job.js";
import { onAbort } from "../session/abort.js";
import { timeoutOf } from "../sync/wait-options.js";

export interface ImapOptions extends JobOptions {
  /** Items in one task. */
  chunkSize: number;
  /** True: results in the order of the items. False: as they arrive. */
  ordered: boolean;
  /** How many items may be submitted whose results the caller has not read. */
  lookAhead: number;
  /** The same while tasks are so short that sending them takes longer than running them. */
  shortLookAhead: number;
  /** Yield failures in place of results, and do not throw them. */
  returnExceptions: boolean;
  onProgress?: ProgressListener | undefined;
  signal?: AbortSignal | undefined;
}

/** Tasks that take less than this, in milliseconds, are short. */
const shortMs = 1;

type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };

/**
 * The results of `imap` and `imapUnordered`. Inputs are taken only as results are read: at most `lookAhead` items are
 * in work or unread.
 *
 * A failure is thrown by the `next()` whose turn it is; a further `next()` goes on with the next item. A `for await`
 * loop ends at the first failure. Leaving the loop cancels the items that are not done.
 */
export class ImapIterator<T> implements AsyncIterableIterator<T>, JobClient {
  readonly #options: ImapOptions;
  readonly #inputs: ImapInputs;
  readonly #job: PoolJob;
  readonly #progress: ProgressCount;
  readonly #outcomes = new Map<number, Outcome>();
  /** Indexes in the order of arrival. Used only for unordered results. */
  readonly #arrived: number[] = [];
  /** Pending calls of `next()`, oldest first. */
  readonly #readers: ((outcome: Outcome | null) => void)[] = [];
  #taken = 0;
  #submitted = 0;
  #chunk: unknown[] = [];
  #pulling = false;
  /** No more inputs are read: they ended or failed, or the caller wants no more. */
  #exhausted = false;
  /** No more outcomes are delivered, even if items are not done. */
  #closed = false;
  /** What `next()` throws when no outcome is left. `lasts`: throws it every time; otherwise once. */
  #failure: { error: unknown; lasts: boolean } | null = null;
  /** Moving average of a task's duration, in milliseconds. */
  #taskMs = shortMs;
  #forgetSignal = () => {};

  constructor(
    jobs: PoolJobs,
    target: Target,
    inputs: Iterable<unknown> | AsyncIterable<unknown>,
    options: ImapOptions,
  ) {
    this.#options = options;
    this.#progress = new ProgressCount(options.onProgress);
    this.#inputs = new ImapInputs(inputs);
    this.#job = new PoolJob(jobs, target, "map", options, this);
    const { signal } = options;
    if (signal) this.#forgetSignal = onAbort(signal, () => this.#abort(aborted(signal)));
    void this.#pull();
  }

  /** Reads no more inputs and cancels all items that are not done: each of them fails with Cancelled. */
  cancel(): void {
    const { length } = this.#chunk;
    this.#takeNoMore();
    if (length > 0) this.#fail(length, new Cancelled("Cancelled", "the task was cancelled"));
    this.#job.cancel();
    this.#wake();
  }

  /**
   * The next result, `{ done: true }` after the last one. Rejects with the item's failure if it failed; with TimedOut
   * if there is no result after `timeoutMs` (milliseconds; default: no limit), and a later `next()` then gets that
   * result; and with Cancelled once the signal has fired.
   */
  async next(timeoutMs?: number | null): Promise<IteratorResult<T, undefined>> {
    const limit = timeoutOf({ timeoutMs });
    const outcome = this.#take() ?? (this.#isOver ? null : await this.#read(limit));
    void this.#pull();
    if (outcome === null) {
      const failure = this.#failure;
      if (!failure?.lasts) this.#failure = null;
      this.#end();
      if (failure) throw leadingToCaller(failure.error);
      return { done: true, value: undefined };
    }
    if (outcome.ok) return { done: false, value: outcome.value as T };
    if (this.#options.returnExceptions) return { done: false, value: outcome.error as T };
    throw leadingToCaller(outcome.error);
  }

  /** Cancels all items that are not done. JavaScript calls it when a loop is left early. */
  async return(): Promise<IteratorResult<T, undefined>> {
    this.#close(null);
    await this.#inputs.leave();
    return { done: true, value: undefined };
  }

  /**
   * For `for await`. JavaScript does not call `return()` after `next()` has thrown, so the failure itself must end the
   * results.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    const loop: AsyncIterableIterator<T> = {
      next: async () => {
        try {
          return await this.next();
        } catch (error) {
          await this.return().catch(() => {});
          throw error;
        }
      },
      return: () => this.return(),
      [Symbol.asyncIterator]: () => loop,
    };
    return loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // For the job.

  outcome(entry: ResultEntry): void {
    const { index, count, values, ms, origin } = entry;
    this.#taskMs += (ms - this.#taskMs) / 4;
    this.#progress.add(entry, !values, this.#exhausted ? this.#submitted : undefined);
    if (index < this.#taken && this.#options.ordered) return;
    if (!values) {
      this.failed(
        index,
        count,
        errorOf(entry, this.#job.connection, this.#options.returnExceptions ? "returned" : "thrown"),
      );
      return;
    }
    let decoded: unknown[];
    try {
      decoded = decodeFrom(origin, this.#job.handle, values, this.#job.connection) as unknown[];
    } catch (thrown) {
      this.failed(index, count, thrown);
      return;
    }
    for (let i = 0; i < count; i++) this.#arrive(index + i, { ok: true, value: decoded[i] });
    this.#wake();
  }

  failed(index: number, count: number, error: unknown): void {
    for (let i = 0; i < count; i++) this.#arrive(index + i, { ok: false, error });
    this.#wake();
  }

  ended(error: unknown): void {
    if (this.#exhausted) return;
    const { length } = this.#chunk;
    this.#takeNoMore();
    // Inputs that were not read have no index. One failure stands for them, or the results would look complete.
    this.#fail(Math.max(length, 1), error);
  }

  lost(error: Closed): void {
    this.#failure = { error, lasts: true };
    this.#closed = true;
    this.#takeNoMore();
    this.#wake();
  }

  room(): void {
    void this.#pull();
  }

  #abort(error: Cancelled): void {
    this.#close({ error, lasts: true });
    void this.#inputs.leave();
  }

  #close(failure: { error: unknown; lasts: boolean } | null): void {
    this.#closed = true;
    this.#exhausted = true;
    this.#failure = failure;
    this.#chunk = [];
    this.#outcomes.clear();
    this.#arrived.length = 0;
    this.#job.cancel();
    this.#end();
    this.#wake();
  }

  #takeNoMore(): void {
    this.#exhausted = true;
    this.#chunk = [];
    void this.#inputs.leave();
  }

  /** Gives the next `count` items this failure in place of submitting them. */
  #fail(count: number, error: unknown): void {
    const index = this.#submitted;
    this.#submitted += count;
    this.failed(index, count, error);
  }

  #end(): void {
    this.#job.release();
    this.#forgetSignal();
  }

  #arrive(index: number, outcome: Outcome): void {
    if (this.#closed) return;
    this.#outcomes.set(index, outcome);
    if (!this.#options.ordered) this.#arrived.push(index);
  }

  get #isOver(): boolean {
    return this.#closed || (this.#exhausted && this.#taken >= this.#submitted);
  }

  get #lookAhead(): number {
    return this.#taskMs < shortMs ? this.#options.shortLookAhead : this.#options.lookAhead;
  }

  #take(): Outcome | undefined {
    const index = this.#options.ordered ? this.#taken : this.#arrived.shift();
    if (index === undefined) return undefined;
    const outcome = this.#outcomes.get(index);
    if (!outcome) return undefined;
    this.#outcomes.delete(index);
    this.#taken++;
    return outcome;
  }

  #read(timeoutMs: number | null): Promise<Outcome | null> {
    return new Promise((resolve, reject) => {
      if (timeoutMs === null) {
        this.#readers.push(resolve);
        return;
      }
      const reader = (outcome: Outcome | null) => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const timer = setTimeout(() => {
        this.#readers.splice(this.#readers.indexOf(reader), 1);
        reject(new TimedOut("TimedOut", `there was no result after ${timeoutMs} ms`, { timeoutMs }));
      }, timeoutMs);
      this.#readers.push(reader);
    });
  }

  #wake(): void {
    while (this.#readers.length > 0) {
      const outcome = this.#take() ?? (this.#isOver ? null : undefined);
      if (outcome === undefined) return;
      this.#readers.shift()!(outcome);
    }
  }

  /** Reads and submits inputs while the look-ahead and the job's window have space. */
  async #pull(): Promise<void> {
    if (this.#pulling || this.#exhausted) return;
    this.#pulling = true;
    try {
      while (
        !this.#exhausted &&
        this.#submitted + this.#chunk.length - this.#taken < this.#lookAhead &&
        this.#job.hasRoom
      ) {
        const next = this.#inputs.next();
        const { done, value } = isPromise(next) ? await next : next;
        // `leave` was called while the input was awaited.
        if (this.#exhausted) break;
        if (done) this.#exhausted = true;
        else this.#chunk.push(value);
        if (this.#chunk.length >= this.#options.chunkSize || (done && this.#chunk.length > 0)) this.#submit();
      }
    } catch (error) {
      if (!this.#exhausted) {
        this.#exhausted = true;
        this.#failure = { error, lasts: false };
        if (this.#chunk.length > 0) this.#submit();
      }
    }
    this.#pulling = false;
    this.#wake();
  }

  #submit(): void {
    const chunk = this.#chunk;
    this.#chunk = [];
    this.#submitted += chunk.length;
    this.#job.submit(this.#submitted - chunk.length, chunk);
  }
}
