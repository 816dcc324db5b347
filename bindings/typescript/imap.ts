import type { ResultEntry } from "../../protocol/job.js";
import type { Target } from "../../protocol/target.js";
import { decode } from "./codec.js";
import { TimedOut, type Closed } from "./errors.js";
import { errorOf } from "./pool-errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import { PoolJob, type JobClient, type JobOptions } from "./pool-job.js";
import { onAbort } from "./result.js";

export interface ImapOptions extends JobOptions {
  /** Items of one task. */
  chunkSize: number;
  /** Results in the order of the items, or as they come. */
  ordered: boolean;
  /** So many items may be submitted whose results nobody has taken. */
  lookAhead: number;
  /** As many while tasks are so short that the way to the workers takes longer than they do. */
  shortLookAhead: number;
  /** Failures are yielded like values, instead of thrown. */
  returnExceptions: boolean;
  signal?: AbortSignal | undefined;
}

/** Tasks that take less than this, in milliseconds, are short. */
const shortMs = 1;

type Outcome = { ok: true; value: unknown } | { ok: false; error: unknown };
type Inputs = Iterator<unknown> | AsyncIterator<unknown>;

/**
 * The results of `imap` and `imapUnordered`. Inputs are taken only as results are read: at most `lookAhead` items are under way or wait to
 * be read. A failure is thrown by the `next()` whose turn it is, and the one after goes on. Leaving the loop cancels what is not done.
 */
export class ImapIterator<T> implements AsyncIterableIterator<T>, JobClient {
  readonly #options: ImapOptions;
  readonly #inputs: Inputs;
  readonly #job: PoolJob;
  readonly #outcomes = new Map<number, Outcome>();
  /** Indexes in the order in which they came; only when results need no order. */
  readonly #arrived: number[] = [];
  /** Who waits in `next()`, first come first. */
  readonly #readers: ((outcome: Outcome | null) => void)[] = [];
  #taken = 0;
  #submitted = 0;
  #chunk: unknown[] = [];
  #pulling = false;
  /** No more inputs: they ended, failed, or nobody wants them. */
  #exhausted = false;
  /** What the inputs threw, until it was told. */
  #inputError: { error: unknown } | null = null;
  #lost: Closed | null = null;
  /** How long tasks take: a moving average, in milliseconds. */
  #taskMs = shortMs;
  readonly #forgetSignal: () => void;

  constructor(jobs: PoolJobs, target: Target, inputs: Iterable<unknown> | AsyncIterable<unknown>, options: ImapOptions) {
    this.#options = options;
    this.#inputs = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
    this.#job = new PoolJob(jobs, target, "map", options, this);
    this.#forgetSignal = options.signal ? onAbort(options.signal, () => this.cancel()) : () => {};
    void this.#pull();
  }

  /** Takes no more inputs, and cancels what is not done: each of those results is a failure with Cancelled. */
  cancel(): void {
    this.#exhausted = true;
    this.#job.cancel();
  }

  /**
   * The next result. Fails with TimedOut when there is none after `timeoutMs` (milliseconds; default: no limit); the result is not lost,
   * a later `next()` gets it.
   */
  async next(timeoutMs?: number | null): Promise<IteratorResult<T, undefined>> {
    const outcome = this.#take() ?? (this.#isOver ? null : await this.#read(timeoutMs));
    void this.#pull();
    if (outcome === null) {
      if (this.#lost) throw this.#lost;
      const failure = this.#inputError;
      this.#inputError = null;
      this.#end();
      if (failure) throw failure.error;
      return { done: true, value: undefined };
    }
    if (outcome.ok) return { done: false, value: outcome.value as T };
    if (this.#options.returnExceptions) return { done: false, value: outcome.error as T };
    throw outcome.error;
  }

  /** Cancels what is not done. A loop that is left calls it. */
  async return(): Promise<IteratorResult<T, undefined>> {
    const wasExhausted = this.#exhausted;
    this.#exhausted = true;
    this.#submitted = this.#taken;
    this.#chunk = [];
    this.#outcomes.clear();
    this.#arrived.length = 0;
    this.#inputError = null;
    this.#job.cancel();
    this.#end();
    this.#wake();
    if (!wasExhausted) await this.#inputs.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  // For the job.

  outcome({ index, count, values, error, ms }: ResultEntry): void {
    this.#taskMs += (ms - this.#taskMs) / 4;
    if (index < this.#taken && this.#options.ordered) return;
    if (!values) {
      this.failed(index, count, errorOf(error!));
      return;
    }
    let decoded: unknown[];
    try {
      decoded = decode(values, this.#job.connection) as unknown[];
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

  lost(error: Closed): void {
    this.#lost = error;
    this.#exhausted = true;
    this.#submitted = this.#taken + this.#outcomes.size;
    this.#wake();
  }

  #end(): void {
    this.#job.release();
    this.#forgetSignal();
  }

  #arrive(index: number, outcome: Outcome): void {
    this.#outcomes.set(index, outcome);
    if (!this.#options.ordered) this.#arrived.push(index);
  }

  get #isOver(): boolean {
    return this.#exhausted && !this.#pulling && this.#taken >= this.#submitted;
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

  #read(timeoutMs: number | null | undefined): Promise<Outcome | null> {
    return new Promise((resolve, reject) => {
      if (timeoutMs === undefined || timeoutMs === null) {
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

  /** Takes inputs for as long as the look-ahead and the server have room. */
  async #pull(): Promise<void> {
    if (this.#pulling || this.#exhausted) return;
    this.#pulling = true;
    try {
      while (!this.#exhausted && this.#submitted + this.#chunk.length - this.#taken < this.#lookAhead && this.#job.hasRoom) {
        const next = this.#inputs.next();
        const { done, value } = isPromise(next) ? await next : next;
        if (this.#exhausted) break;
        if (done) this.#exhausted = true;
        else this.#chunk.push(value);
        if (this.#chunk.length >= this.#options.chunkSize || (done && this.#chunk.length > 0)) this.#submit();
      }
    } catch (error) {
      this.#exhausted = true;
      this.#inputError = { error };
      if (this.#chunk.length > 0) this.#submit();
    }
    this.#pulling = false;
    this.#wake();
  }

  room(): void {
    void this.#pull();
  }

  #submit(): void {
    const chunk = this.#chunk;
    this.#chunk = [];
    this.#submitted += chunk.length;
    this.#job.submit(this.#submitted - chunk.length, chunk);
  }
}

function isPromise(next: IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>): next is PromiseLike<IteratorResult<unknown>> {
  return "then" in next;
}
