import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { payloadBytes, type Handle, type Payload } from "../../../protocol/payload.js";
import type { Progress } from "../../../protocol/progress.js";
import type { WorkerTask } from "../../../protocol/worker.js";
import type { Callable } from "./callable.js";
import { failureOf, taskFailed } from "./failure.js";
import type { CurrentTask } from "./link.js";
import { ProgressReports, type GivenProgress } from "./progress-reports.js";
import { explainReferenceError } from "./reference-error.js";
import type { Turn } from "./turn.js";

/**
 * After an item that took less than this, in milliseconds, the clock is not read for the next few items: reading it
 * costs as much as a short function.
 */
const shortItemMs = 0.01;
const unclockedItems = 3;

/**
 * Least time between two partial reports of a task, in milliseconds. Does not apply to `exact` tasks, which report each
 * item.
 */
const partEveryMs = 1;

/** The outcome of `count` consecutive items. */
export interface Outcome {
  from: number;
  count: number;
  values?: Payload;
  error?: Failure;
  /** How long the items ran, in milliseconds. */
  ms?: number;
}

/** What a task needs from its host. */
export interface TaskOwner {
  readonly turn: Turn;
  /** Largest payload of one message, in bytes. */
  readonly maxPayloadBytes: number;
  encode(value: unknown): Payload;
  /** Reports finished items. Item `next` starts now. */
  part(task: WorkerTask, outcome: Outcome, next: number): void;
  /** Reports the progress of item `item`. */
  progress(task: WorkerTask, item: number, progress: Progress): void;
  /** Reports the last items: the task is done. */
  result(task: WorkerTask, outcome: Outcome): void;
  /** Called after `result`. */
  finished(): void;
}

/** Runs one task: its items one after another, each with its own outcome. */
export class TaskRun implements CurrentTask {
  readonly task: WorkerTask;
  readonly #owner: TaskOwner;
  readonly #callable: Callable;
  readonly #items: readonly unknown[];
  readonly #to: number;
  /** Index of the running item. */
  #at: number;
  /** Results not reported yet: those of the items just before #at. */
  #values: unknown[] = [];
  #toldAt: number;
  /** Start of the time that the next report covers. */
  #timedFrom: number;
  /** The last reading of the clock, and how many items may finish before the next reading. */
  #now: number;
  #unclocked = 0;
  #controller: AbortController | null = null;
  #stop: PolyprocError | null = null;
  #progress: ProgressReports | null = null;
  /** Increases with each item, so that a promise that settles late is not taken for the outcome of a later item. */
  #serial = 0;
  #over = false;
  /** What the last failed item threw. */
  thrown: { error: unknown } | null = null;

  constructor(owner: TaskOwner, task: WorkerTask, callable: Callable, items: readonly unknown[]) {
    this.#owner = owner;
    this.task = task;
    this.#callable = callable;
    this.#items = items;
    this.#at = task.from ?? 0;
    this.#to = task.to ?? task.count;
    this.#now = this.#toldAt = this.#timedFrom = performance.now();
  }

  get job(): Handle | null {
    return this.task.job ?? null;
  }

  get index(): number {
    return (this.task.index ?? 0) + this.#at;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#stop) this.#controller.abort(this.#stop);
    }
    return this.#controller.signal;
  }

  report(progress: GivenProgress): void {
    if (this.#over) return;
    this.#progress ??= new ProgressReports((told, item) => this.#owner.progress(this.task, item, told));
    this.#progress.report(progress, this.#at);
  }

  start(): void {
    this.#run();
  }

  /**
   * The server asks the running item to stop. `Cancelled` also cancels all items after it. `from` is the first item
   * that the server has no report of. If the host has reported more items since, the timeout was meant for an item that
   * has ended, and is ignored.
   */
  stop(reason: "Cancelled" | "TimedOut", from = Infinity): void {
    if (this.#over || this.#stop) return;
    if (reason === "TimedOut" && from < this.#at - this.#values.length) return;
    this.#stop = new PolyprocError(
      reason,
      reason === "TimedOut" ? "the task ran longer than its limit" : "the task was cancelled",
    );
    this.#controller?.abort(this.#stop);
  }

  /** Fails the running item with an uncaught exception or an unhandled rejection. */
  abandon(error: unknown): void {
    if (this.#over) return;
    this.#fail(error);
    setImmediate(() => this.#run());
  }

  /** Reports finished items now, because the process is about to exit. */
  flush(): void {
    if (!this.#over && this.#values.length > 0) this.#tellValues();
  }

  #run(): void {
    while (this.#at < this.#to) {
      if (this.#stop?.codeName === "Cancelled") {
        this.#tellValues();
        this.#end({ from: this.#at, count: this.#to - this.#at, error: failureOf(this.#stop) });
        return;
      }
      if (this.#owner.turn.isLong(this.#now)) {
        this.#owner.turn.next(() => this.#run());
        return;
      }
      let value: unknown;
      let waits: boolean;
      try {
        value = this.#callable.call(argumentsOf(this.task.mode, this.#items[this.#at]));
        waits = isThenable(value);
      } catch (error) {
        this.#fail(error);
        continue;
      }
      if (waits) {
        // A `then` of the function's own may throw, and settle at once or twice. That of a promise does not.
        this.#await(Promise.resolve(value));
        return;
      }
      this.#succeed(value);
    }
    if (!this.#over) this.#finish();
  }

  #await(promise: Promise<unknown>): void {
    const item = this.#serial;
    promise.then(
      (value) => {
        if (item !== this.#serial) return;
        this.#succeed(value);
        this.#run();
      },
      (error: unknown) => {
        if (item !== this.#serial) return;
        this.#fail(error);
        this.#run();
      },
    );
  }

  #succeed(value: unknown): void {
    this.#values.push(value);
    this.#next();
    if (this.#at === this.#to) return;
    this.#readClock();
    if (this.task.exact || this.#now - this.#toldAt >= partEveryMs) this.#tellValues();
  }

  #readClock(): void {
    if (this.#unclocked > 0) {
      this.#unclocked--;
      return;
    }
    const before = this.#now;
    this.#now = performance.now();
    if (this.#now - before < shortItemMs) this.#unclocked = unclockedItems;
  }

  #fail(thrown: unknown): void {
    this.#tellValues();
    this.thrown = { error: thrown };
    const error = taskFailed(this.#callable.fromSource ? explainReferenceError(thrown) : thrown);
    const outcome = { from: this.#at, count: 1, error };
    this.#next();
    this.#readClock();
    if (this.#at < this.#to) this.#owner.part(this.task, this.#timed(outcome), this.#at);
    else this.#end(outcome);
  }

  #next(): void {
    this.#at++;
    this.#serial++;
    this.#controller = null;
    this.#progress?.clear();
    if (this.#stop?.codeName === "TimedOut") this.#stop = null;
  }

  #tellValues(): void {
    if (this.#values.length === 0) return;
    for (const outcome of this.#takeValues())
      this.#owner.part(this.task, this.#timed(outcome), outcome.from + outcome.count);
    this.#toldAt = this.#now;
  }

  #finish(): void {
    const outcomes = this.#takeValues();
    const last = outcomes.pop() ?? { from: this.#at, count: 0 };
    for (const outcome of outcomes) this.#owner.part(this.task, this.#timed(outcome), outcome.from + outcome.count);
    this.#end(last);
  }

  #end(outcome: Outcome): void {
    this.#over = true;
    this.#progress?.clear();
    this.#serial++;
    this.#owner.result(this.task, this.#timed(outcome));
    this.#owner.finished();
  }

  #timed(outcome: Outcome): Outcome {
    const now = performance.now();
    outcome.ms = Math.round((now - this.#timedFrom) * 1000) / 1000;
    this.#timedFrom = now;
    return outcome;
  }

  #takeValues(): Outcome[] {
    const values = this.#values;
    if (values.length === 0) return [];
    this.#values = [];
    return this.#encode(values, this.#at - values.length);
  }

  /**
   * Encodes all values as one payload. If that fails, encodes each half, so that only the items that cannot be sent
   * fail.
   */
  #encode(values: unknown[], from: number): Outcome[] {
    const count = values.length;
    let error: Failure;
    try {
      const payload = this.#owner.encode(values);
      const length = payloadBytes(payload);
      if (length <= this.#owner.maxPayloadBytes) return [{ from, count, values: payload }];
      error = failureOf(
        new PolyprocError(
          "PayloadTooLarge",
          `the result takes ${length} bytes, and a message at most ${this.#owner.maxPayloadBytes}: ` +
            "return it in parts, write it to a file and return its path, or raise the server's limit " +
            "(--max-payload-bytes, --max-memory-bytes)",
          { bytes: length, maxPayloadBytes: this.#owner.maxPayloadBytes },
        ),
      );
    } catch (thrown) {
      error = taskFailed(
        new TypeError(
          `the function's result cannot be sent: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        ),
      );
    }
    if (count === 1) return [{ from, count, error }];
    const half = count >> 1;
    return [...this.#encode(values.slice(0, half), from), ...this.#encode(values.slice(half), from + half)];
  }
}

function argumentsOf(mode: WorkerTask["mode"], item: unknown): readonly unknown[] {
  if (mode === "map") return [item];
  if (!Array.isArray(item))
    throw new TypeError(
      mode === "starmap" ? "each item of starmap must be a list of arguments" : "the arguments must be a list",
    );
  if (mode === "starmap") return item;
  return applied(item as [args?: readonly unknown[] | null, kwargs?: Record<string, unknown> | null]);
}

/** Turns `[args, kwargs]` into JavaScript's arguments: kwargs, if not empty, become the last argument. */
export function applied([args, kwargs]: readonly [
  args?: readonly unknown[] | null,
  kwargs?: Record<string, unknown> | null,
]): readonly unknown[] {
  if (!kwargs || Object.keys(kwargs).length === 0) return args ?? [];
  return [...(args ?? []), kwargs];
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
