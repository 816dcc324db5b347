import { PolyprocError, type ErrorName } from "../../../protocol/errors.js";
import type { Mode, ResultEntry, TaskInput } from "../../../protocol/job.js";
import { type Payload, payloadBytes } from "../../../protocol/payload.js";
import type { Target } from "../../../protocol/target.js";
import { encodeChunk, togetherBytes } from "../session/codec.js";
import { Cancelled, type Closed } from "../session/errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import type { JobTiming } from "./timing.js";
import { JobRouter, type JobReceiver } from "./pool-router.js";
import { SharedObject } from "../session/shared-object.js";

/*
 * One message has at most this many tasks and bytes, unless a single task is larger. As many are sent at once, before
 * the end of the turn, so that workers can begin. The Python binding has the same numbers.
 */
const maxMessageTasks = 512;
const maxMessageBytes = 64 * 1024;
/**
 * Most bytes of tasks sent and not yet accepted by the server. Further tasks wait in this process, and items are not
 * encoded before there is room: so little is enough. (In Python a thread that submits more is blocked: 64 MiB.)
 */
const windowBytes = 8 * 1024 * 1024;
/** After one of these errors every further task of the job would fail in the same way. */
const refusals: ReadonlySet<ErrorName> = new Set(["Closed", "BadState", "Cancelled", "SpawnFailed", "Unauthorized"]);
/** Approximate size of a task without its items, in bytes. */
const taskBytes = 40;

/** How the tasks of a job run. Times are in milliseconds. */
export interface JobOptions {
  timeoutMs?: number | null | undefined;
  graceMs?: number | null | undefined;
  retries?: number | undefined;
  priority?: number | undefined;
}

/** The caller of a job (`apply`, `map` or `imap`), which receives its outcomes. */
export interface JobClient {
  outcome(entry: ResultEntry): void;
  /** These items failed before the server accepted them. */
  failed(index: number, count: number, error: unknown): void;
  /** The pool accepts no more tasks: do not read further inputs, and fail the items that were not submitted. */
  ended?(error: unknown): void;
  /** The connection has ended: no more outcomes will arrive. */
  lost(error: Closed): void;
  /** The server has answered for some tasks: `hasRoom` may be true again. */
  room?(): void;
}

/** The client's side of a job. It sends tasks to the server in batches and hands the outcomes to its JobClient. */
export class PoolJob extends SharedObject implements JobReceiver {
  readonly #jobs: PoolJobs;
  readonly #client: JobClient;
  readonly #router: JobRouter;
  readonly #timing: JobTiming | undefined;
  /**
   * Tasks that wait for the connection to open, by the index of their first item. They cannot be encoded before:
   * handles among the items are minted when it opens.
   */
  readonly #unopened = new Map<number, readonly unknown[]>();
  #queue: TaskInput[] = [];
  #queuedBytes = 0;
  #head = 0;
  #scheduled = false;
  #unansweredBytes = 0;
  #unanswered = 0;
  /** Number of items without an outcome. */
  #pending = 0;
  #routed = false;
  #released = false;
  #whenAccepted: (() => void)[] = [];

  constructor(jobs: PoolJobs, target: Target, mode: Mode, options: JobOptions, client: JobClient) {
    super("job", {});
    this.#jobs = jobs;
    this.#client = client;
    this.#timing = jobs.timing?.ofJob();
    this.#router = JobRouter.of(this.connection);
    const { timeoutMs, graceMs, retries, priority } = options;
    this.create("job/create", (job) => ({
      job,
      pool: jobs.pool.handle,
      target,
      mode,
      timeoutMs,
      graceMs,
      retries,
      priority,
    }));
  }

  /** Whether the job's window has space for more tasks. If not, `room` is called later. */
  get hasRoom(): boolean {
    return this.#queuedBytes + this.#unansweredBytes < windowBytes;
  }

  /** Submits a task of these items. `index` is the number of the first item in the job. */
  submit(index: number, items: readonly unknown[]): void {
    this.#pending += items.length;
    this.#timing?.submitted(index);
    this.#jobs.live.add(this);
    const { ended } = this.#jobs;
    if (ended) {
      this.#refused(index, items.length, ended);
      return;
    }
    if (this.connection.isOpen) {
      this.#add(index, items);
      return;
    }
    this.#unopened.set(index, items);
    this.connection
      .whenOpen(() => {
        if (this.#unopened.delete(index)) this.#add(index, items);
      })
      .catch((error: unknown) => {
        if (this.#unopened.delete(index)) this.#refused(index, items.length, error);
      });
  }

  /** Cancels the tasks whose first items have these indexes; without `indexes`, all. */
  cancel(indexes?: readonly number[]): void {
    const cancelled = this.#failQueued(new Cancelled("Cancelled", "the task was cancelled"), indexes);
    if (cancelled === indexes?.length) return;
    const cancel = () => {
      if (this.#pending === 0) return;
      this.request("job/cancel", (job) => ({ job, indexes: indexes ? [...indexes] : undefined }), {
        urgent: true,
      }).catch(() => {
        // The job or the connection ended first: there is nothing left to cancel.
      });
    };
    cancel();
    // The first request cannot cancel tasks that the server has not accepted yet: cancel again when it has.
    if (this.#unanswered > 0) void this.accepted().then(cancel);
  }

  /** The pool accepts no more tasks: those that were not sent yet fail with the error. */
  end(error: PolyprocError): void {
    this.#client.ended?.(error);
    this.#failQueued(error);
  }

  /** Resolves once the server has accepted or refused all tasks that were submitted. */
  accepted(): Promise<void> {
    return this.#isAccepted ? Promise.resolve() : new Promise((resolve) => this.#whenAccepted.push(resolve));
  }

  /** Releases the job's handle. The server cancels what is not done and forgets the job. */
  release(): void {
    this.#pending = 0;
    this.#settled();
    if (this.#released || !this.connection.isOpen) return;
    this.#released = true;
    this.letGo();
    this.connection.release(this.handle);
  }

  receive(entries: readonly ResultEntry[]): void {
    for (const entry of entries) {
      this.#pending -= entry.count;
      this.#timing?.reported(entry);
      this.#jobs.events?.reported(entry);
      this.#client.outcome(entry);
    }
    this.#settled();
  }

  lost(error: Closed): void {
    this.#pending = 0;
    this.#queue = [];
    this.#head = 0;
    this.#queuedBytes = 0;
    this.#jobs.hasFlushed(this);
    this.#client.lost(error);
    this.#settled();
  }

  #add(index: number, items: readonly unknown[]): void {
    let payload: Payload | null = null;
    try {
      payload = encodeChunk(this.connection, items);
    } catch (error) {
      if (items.length === 1) {
        this.#failed(index, 1, error);
        return;
      }
    }
    if (payload === null) {
      // The chunk is too large for one task, or one of its items cannot be encoded. Split it, so that only that item
      // fails.
      const half = items.length >> 1;
      this.#add(index, items.slice(0, half));
      this.#add(index + half, items.slice(half));
      return;
    }
    const task: TaskInput = { index, items: payload };
    if (items.length !== 1) task.count = items.length;
    this.#routed = true;
    this.#router.add(this);
    this.#jobs.takeTurn(this);
    this.#queue.push(task);
    this.#queuedBytes += sizeOf(task);
    if (this.#queuedBytes >= maxMessageBytes) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Sends queued tasks while the window has space. */
  flush(): void {
    while (this.#head < this.#queue.length && this.#unansweredBytes < windowBytes) {
      let bytes = 0;
      let end = this.#head;
      while (end < this.#queue.length && end - this.#head < maxMessageTasks) {
        const size = sizeOf(this.#queue[end]!);
        if (end > this.#head && bytes + size > togetherBytes(this.connection, maxMessageBytes)) break;
        bytes += size;
        end++;
      }
      const tasks = this.#queue.slice(this.#head, end);
      this.#head = end;
      this.#queuedBytes -= bytes;
      this.#send(tasks, bytes);
    }
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
      this.#jobs.hasFlushed(this);
    }
  }

  #send(tasks: TaskInput[], bytes: number): void {
    // Tasks that follow do not wait for this answer: it may come together with the first result.
    const cast = this.#unanswered === 0 && bytes < windowBytes;
    this.#unanswered++;
    this.#unansweredBytes += bytes;
    this.request("job/submit", (job) => (cast ? { job, tasks, cast } : { job, tasks }))
      .catch((error: unknown) => {
        // `pool/terminate` overtakes large tasks. Those fail with Cancelled, as all others that are not done.
        const reason = this.#jobs.ended ?? error;
        for (const task of tasks) this.#refused(task.index, task.count ?? 1, reason);
      })
      .finally(() => {
        this.#unanswered--;
        this.#unansweredBytes -= bytes;
        this.flush();
        this.#client.room?.();
        this.#settled();
      });
  }

  /**
   * Fails the tasks that were not sent yet: those whose first items have these indexes, or all. Returns their number.
   */
  #failQueued(error: PolyprocError, indexes?: readonly number[]): number {
    const isMeant = (index: number) => indexes === undefined || indexes.includes(index);
    const unopened = [...this.#unopened].filter(([index]) => isMeant(index));
    for (const [index] of unopened) this.#unopened.delete(index);
    const waiting = this.#queue.slice(this.#head);
    const queued = waiting.filter(({ index }) => isMeant(index));
    if (queued.length > 0) {
      this.#queue = waiting.filter(({ index }) => !isMeant(index));
      this.#head = 0;
      for (const task of queued) this.#queuedBytes -= sizeOf(task);
    }
    // Report only after the queues are consistent: the caller may submit more tasks from its listener.
    for (const [index, items] of unopened) this.#failed(index, items.length, error);
    for (const task of queued) this.#failed(task.index, task.count ?? 1, error);
    return unopened.length + queued.length;
  }

  /**
   * Fails a task that the server did not accept. If the cause would refuse all further tasks, too, tells the caller
   * that the job has ended.
   */
  #refused(index: number, count: number, error: unknown): void {
    this.#failed(index, count, error);
    if (error === this.failure || (error instanceof PolyprocError && refusals.has(error.codeName)))
      this.#client.ended?.(error);
  }

  #failed(index: number, count: number, error: unknown): void {
    if (this.#pending === 0) return;
    this.#pending -= count;
    this.#jobs.events?.refused(index, count, error);
    this.#client.failed(index, count, error);
    this.#settled();
  }

  #settled(): void {
    if (this.#pending === 0) {
      // If the connection never opened, the job has no handle and was not added to the router.
      if (this.#routed) this.#router.remove(this);
      this.#jobs.settled(this);
    }
    if (this.#whenAccepted.length === 0 || !this.#isAccepted) return;
    const waiting = this.#whenAccepted;
    this.#whenAccepted = [];
    for (const resolve of waiting) resolve();
  }

  get #isAccepted(): boolean {
    return this.#pending === 0 || (this.#unopened.size === 0 && this.#queuedBytes === 0 && this.#unanswered === 0);
  }
}

function sizeOf(task: TaskInput): number {
  return payloadBytes(task.items) + taskBytes;
}
