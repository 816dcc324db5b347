import { PolyprocError } from "../../../protocol/errors.js";
import * as jobs from "../../../protocol/job.js";
import type { Failure, Mode, ResultEntry, TaskInput } from "../../../protocol/job.js";
import { objectHandles, type Handle, type Payload, payloadBytes } from "../../../protocol/schema.js";
import type { Progress } from "../../../protocol/progress.js";
import { describeTarget } from "../../../protocol/describe-target.js";
import type { Target } from "../../../protocol/target.js";
import { Deque } from "../deque.js";
import { kept, letGo, MemoryWait } from "../kept.js";
import type { Principal } from "../guard.js";
import { requireLength } from "../payload-list.js";
import type { PoolDependencies } from "./dependencies.js";
import type { SharedObject } from "../registry.js";
import { marked } from "../origin.js";
import { JobReports } from "./job-reports.js";
import { hostKindOf, keyOfKind, programOf } from "../processes/runtime.js";
import { highWaterBytes } from "../peer.js";
import type { Session } from "../session.js";
import { sourceOfFunction, type TargetSource } from "../processes/target-source.js";
import { memoryOf, type Submit, type Submitted } from "./submit.js";
import { Batch, type Task } from "./task.js";
import { Wait } from "../wait.js";

/** The pool, as its jobs see it. */
export interface JobPool extends Principal {
  readonly engine: PoolDependencies;
  readonly session: Session;
  readonly jobs: Set<Job>;
  readonly interpreters: Set<string>;
  readonly cluster: string | null;
  readonly dispatch: { readonly queue: { unpark(job: Job): void }; schedule(): void };
  done: number;
  failed: number;
  requireOpen(session: Session): void;
  requireNotTerminated(): void;
  hold(change: number): void;
  enqueue(batches: readonly Batch[]): void;
  cancel(batches: readonly Batch[], message: string, graceMs: number | "waiting"): number;
  finished(batches?: number): void;
}

export interface JobOptions {
  target: Target;
  mode: Mode;
  name?: string | undefined;
  retries?: number | undefined;
  priority?: number | undefined;
  timeoutMs?: number | null | undefined;
  graceMs?: number | null | undefined;
}

const defaultGraceMs = 1000;
/** A session may have this many times `maxQueuedBytes` of payload in pending submits. */
const overload = 4;

/** A part of the engine that gets a job's outcomes, in place of the session that created the job. */
export type JobFollower = JobObserver | { opens?: boolean; results(results: ResultEntry[]): void };

/** Called at once for each report. Indexes are item numbers in the job. An exception ends the observer, not the job. */
export interface JobObserver extends Principal {
  /** It reads the lists of results. Default true. */
  readonly opens?: boolean;
  /** The task is now its worker's first: it runs from item `task.index` on. `requeued` follows if that was wrong. */
  began(task: Task, pid: number, startedAt: number): void;
  /** The task, which runs, is on this host of a cluster. */
  located?(task: Task, host: string): void;
  /** These items are queued again: their worker had not begun them, or they are retried. */
  requeued(index: number, count: number, attempt: number): void;
  settled(entry: ResultEntry, attempt: number): void;
  /** The item, which runs, reported its progress, or took it back. */
  progressed?(index: number, progress: Progress): void;
}

/** A target, and the tasks that run it in a pool. */
export class Job implements SharedObject {
  readonly handle: Handle;
  readonly pool: JobPool;
  readonly session: Session;
  readonly target: Target;
  readonly targetKey: string;
  readonly mode: Mode;
  readonly name: string;
  /** Retries of an item that fails from now on. */
  retries: number;
  /** Its tasks go before those of jobs with a lower one. */
  readonly priority: number;
  readonly timeoutMs: number | null;
  readonly graceMs: number;
  readonly isCommand: boolean;
  /** The server itself reads the lists of results, so they must be lists: no blob. */
  readonly isOpened: boolean;
  /** Runtime of the worker hosts that can run it; `command` for programs. */
  /** `command`, or the kind of host that it needs: `keyOfKind`. */
  readonly runtime: string;
  /** Where the function's source is; null for programs. */
  readonly source: TargetSource | null;
  /** Duration of its tasks in milliseconds: a moving average, 0 while unknown. */
  taskMs = 0;
  done = 0;
  failed = 0;
  readonly #live = new Map<number, Batch>();
  readonly #submits = new Deque<Submit>();
  readonly #memoryWait = new MemoryWait();
  readonly #waiters = new Set<Wait<{ done: number; failed: number }>>();
  #blocked = false;
  #ended = false;
  readonly #reports: JobReports;
  readonly #observer: JobObserver | null;

  constructor(handle: Handle, pool: JobPool, session: Session, options: JobOptions, follower?: JobFollower) {
    this.handle = handle;
    this.pool = pool;
    this.session = session;
    this.target = options.target;
    this.targetKey = JSON.stringify(options.target);
    this.mode = options.mode;
    this.name = options.name ?? describeTarget(options.target);
    this.retries = options.retries ?? 0;
    this.priority = options.priority ?? 0;
    this.timeoutMs = options.timeoutMs ?? null;
    this.graceMs = options.graceMs ?? defaultGraceMs;
    this.isCommand = "command" in options.target;
    if ("command" in options.target && options.target.stream && (follower !== undefined || pool.cluster !== null))
      throw new PolyprocError(
        "BadState",
        "stream: output is streamed to a client's own job on this machine; leave it out for runs and clusters",
      );
    const kind = "command" in options.target ? null : hostKindOf(options.target, this.pool.engine.options);
    this.runtime = kind === null ? "command" : keyOfKind(kind);
    this.source = "command" in options.target ? null : sourceOfFunction(options.target, this.pool.engine.options.paths);
    this.isOpened = follower !== undefined && follower.opens !== false;
    this.#observer = follower && "settled" in follower ? follower : null;
    const sink =
      follower && "results" in follower
        ? follower.results
        : (results: ResultEntry[]) =>
            session.peer.notify(jobs.results, { job: handle, results: marked(results, session, pool.session.owner) });
    this.#reports = new JobReports(handle, pool, session, sink);
    pool.requireOpen(session);
    // The hosts of a cluster have their own runtimes.
    if (kind !== null && pool.cluster === null) {
      this.pool.engine.hosts.requireRuntime(kind.runtime);
      pool.interpreters.add(programOf(kind, this.pool.engine.options));
    }
    pool.jobs.add(this);
  }

  /** Accepts the tasks: with `atOnce` now, otherwise once the session is below its limits. */
  submit(tasks: TaskInput[], atOnce = false): null | Wait<null> {
    this.pool.requireNotTerminated();
    const { session } = this;
    const { maxQueuedBytes } = this.pool.engine.options.limits;
    this.#check(tasks);
    const { account } = session;
    const submitted = tasks.map(({ index, count = 1, items }) => ({ index, count, items: kept(items, account) }));
    if (atOnce || (this.#submits.length === 0 && this.#hasRoom(submitted))) {
      this.#accept(submitted);
      return null;
    }
    const bytes = tasks.reduce((sum, { items }) => sum + payloadBytes(items), 0);
    if (session.pendingSubmitBytes > 0 && session.pendingSubmitBytes + bytes > maxQueuedBytes * overload) {
      throw new PolyprocError(
        "Overloaded",
        `this session has ${session.pendingSubmitBytes} bytes of tasks that are not accepted yet: ` +
          "wait for the answer of each job/submit before the next",
      );
    }
    this.pool.engine.budget.requireRoom(memoryOf(submitted));
    const submit = {
      tasks: submitted,
      bytes,
      memory: memoryOf(submitted),
      wait: new Wait<null>(session, {
        about: { object: this, reason: "backPressure" },
        onLeave: () => {
          this.#submits.remove(submit);
          this.#noLongerPending(submit);
          this.pool.hold(-1);
        },
      }),
    };
    session.pendingSubmitBytes += bytes;
    this.pool.engine.budget.charge(submit.memory);
    this.#submits.push(submit);
    this.pool.hold(1);
    session.submitters.add(this);
    this.#awaitMemory();
    return submit.wait;
  }

  /** Accepts pending submits, in order, as far as the session's limits allow. */
  acceptWaiting(): void {
    const { session } = this;
    for (let submit = this.#submits.peek(); submit && this.#hasRoom(submit.tasks); submit = this.#submits.peek()) {
      this.#submits.shift();
      this.#noLongerPending(submit);
      try {
        this.#accept(submit.tasks);
        submit.wait.resolve(null);
      } catch (error) {
        submit.wait.reject(error as PolyprocError);
      }
      this.pool.hold(-1);
    }
    if (this.#submits.length === 0) session.submitters.delete(this);
    this.#awaitMemory();
  }

  /** Settles `count` items of a task's batch, from item `from` on. */
  settle(
    { batch, attempt }: Task,
    from: number,
    count: number,
    given: { values: Payload } | { error: Failure },
    pid: number,
    ms: number,
    host?: string,
  ): void {
    const entry: ResultEntry = { index: batch.index + from, count, pid, ms, ...(host === undefined ? {} : { host }) };
    const outcome = this.#sendable(given);
    if ("values" in outcome) {
      entry.values = outcome.values;
      this.done += count;
      this.pool.done += count;
    } else {
      entry.error = outcome.error;
      this.failed += count;
      this.pool.failed += count;
    }
    if (this.#observer) this.tellObserver((observer) => observer.settled(entry, attempt));
    else this.#reports.settled(entry);
    batch.settled += count;
    if (batch.settled === batch.count) this.#finish(batch);
  }

  /** The outcome; a failure in its place if the result is too large for the client. */
  #sendable(outcome: { values: Payload } | { error: Failure }): { values: Payload } | { error: Failure } {
    if ("error" in outcome || this.session.ended) return outcome;
    try {
      this.session.requireFits(payloadBytes(outcome.values), "the result");
      return outcome;
    } catch (error) {
      return { error: (error as PolyprocError).toErrorObject() };
    }
  }

  started(task: Task, pid: number, startedAt: number): void {
    this.tellObserver((observer) => observer.began(task, pid, startedAt));
    this.#reports.started(task.index, pid, startedAt);
  }

  progressed(index: number, progress: Progress): void {
    this.tellObserver((observer) => observer.progressed?.(index, progress));
    this.#reports.progressed(index, progress);
  }

  requeued(batch: Batch, from: number, to: number, attempt: number): void {
    this.tellObserver((observer) => observer.requeued(batch.index + from, to - from, attempt));
  }

  watch(session: Session): void {
    this.#reports.watch(session);
  }

  /** Cancels batches, by default all. `waiting`: only tasks that no worker has begun. Returns how many batches. */
  cancel(indexes: readonly number[] | undefined, graceMs: number | null | undefined, waiting = false): number {
    const batches = indexes ? indexes.flatMap((index) => this.#live.get(index) ?? []) : [...this.#live.values()];
    return this.pool.cancel(batches, "the task was cancelled", waiting ? "waiting" : (graceMs ?? this.graceMs));
  }

  wait(
    session: Session,
    timeoutMs: number | null | undefined,
  ): { done: number; failed: number } | Wait<{ done: number; failed: number }> {
    this.#reports.flush();
    if (this.#live.size === 0 && this.#submits.length === 0) return { done: this.done, failed: this.failed };
    const wait: Wait<{ done: number; failed: number }> = new Wait(session, {
      timeoutMs,
      onLeave: () => this.#waiters.delete(wait),
      about: { object: this, reason: "unfinished" },
    });
    this.#waiters.add(wait);
    return wait;
  }

  liveBatches(): Batch[] {
    return [...this.#live.values()];
  }

  /** True while the session's backlog is so large that no more results should be produced. */
  get blocked(): boolean {
    if (this.#blocked) return true;
    if (this.session.ended || this.session.peer.backlogBytes() <= highWaterBytes) return false;
    this.#blocked = true;
    this.pool.engine.guard.whenRead(this.session.peer, this.pool, () => {
      this.#blocked = false;
      this.pool.dispatch.queue.unpark(this);
      this.pool.dispatch.schedule();
    });
    return true;
  }

  unreferenced(): void {
    this.#ended = true;
    for (let submit = this.#submits.shift(); submit; submit = this.#submits.shift()) {
      this.#noLongerPending(submit);
      submit.wait.reject(new PolyprocError("Cancelled", "the job was released"));
      this.pool.hold(-1);
    }
    this.session.submitters.delete(this);
    this.#memoryWait.end();
    this.#reports.end();
    this.cancel(undefined, this.graceMs);
    // While tasks of the job run, `terminate` must find them through the pool.
    if (this.#live.size === 0) this.pool.jobs.delete(this);
  }

  /** Checks all tasks before the first is accepted. Cancel and results find tasks by index, so it must be unique. */
  #check(tasks: readonly TaskInput[]): void {
    const given = new Set<number>();
    for (const { index, count = 1, items } of tasks) {
      if (this.#live.has(index) || given.has(index)) {
        throw new PolyprocError(
          "BadState",
          `${this.handle} has a task with index ${index} that is not done: give each task its own`,
        );
      }
      given.add(index);
      // Only the items of programs are read by the server. Lists that the server made itself need no check.
      if (this.isCommand && !this.isOpened) requireLength(items, count, `items of the task with index ${index}`);
      for (const handle of objectHandles(items)) {
        if (this.pool.cluster !== null)
          throw new PolyprocError(
            "BadState",
            `${handle}, in the items of task ${index}, lives in this server, and other hosts cannot use it`,
          );
        if (!this.pool.engine.registry.has(handle))
          throw new PolyprocError("UnknownHandle", `${handle}, in the items of task ${index}, does not exist`, {
            handle,
          });
      }
    }
  }

  #noLongerPending({ bytes, memory }: Submit): void {
    this.session.pendingSubmitBytes -= bytes;
    this.pool.engine.budget.release(memory);
  }

  /** A job without tasks ignores the memory limit: memory may be full of queue items that only its tasks consume. */
  #hasRoom(tasks: readonly Submitted[]): boolean {
    const { session } = this;
    if (session.queuedBytes >= this.pool.engine.options.limits.maxQueuedBytes) return false;
    return this.#live.size === 0 || session.account.hasRoom(memoryOf(tasks));
  }

  #awaitMemory(): void {
    const first = this.#submits.peek()?.tasks[0];
    if (first && this.session.queuedBytes < this.pool.engine.options.limits.maxQueuedBytes)
      this.#memoryWait.begin(first.items, () => this.acceptWaiting());
  }

  #accept(tasks: readonly Submitted[]): void {
    const { registry } = this.pool.engine;
    const batches: Batch[] = [];
    this.pool.requireNotTerminated();
    this.#check(tasks.map(({ index, count, items }) => ({ index, count, items: items.payload })));
    for (const { index, count, items } of tasks) {
      registry.retainPayload(items.payload);
      items.account.charge(items.bytes);
      const batch = new Batch(this, index, count, items);
      this.#live.set(batch.index, batch);
      this.session.queuedBytes += batch.bytes;
      batches.push(batch);
    }
    this.pool.enqueue(batches);
  }

  #finish(batch: Batch): void {
    const { session } = this;
    this.#live.delete(batch.index);
    session.queuedBytes -= batch.bytes;
    letGo(batch.kept);
    this.pool.engine.registry.dropPayload(batch.items);
    if (this.#ended && this.#live.size === 0) this.pool.jobs.delete(this);
    this.pool.finished();
    if (session.submitters.size > 0) for (const job of [...session.submitters]) job.acceptWaiting();
    if (this.#live.size === 0 && this.#submits.length === 0 && this.#waiters.size > 0) {
      this.#reports.flush();
      for (const wait of [...this.#waiters]) wait.resolve({ done: this.done, failed: this.failed });
      this.#waiters.clear();
    }
  }

  /** Calls the observer, if there is one. */
  tellObserver(tell: (observer: JobObserver) => void): void {
    const observer = this.#observer;
    if (observer) this.pool.engine.guard.run(observer, () => tell(observer));
  }
}
