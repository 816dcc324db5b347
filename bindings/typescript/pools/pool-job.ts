import { PolyprocError, type ErrorName } from "../../../protocol/errors.js";
import type { Mode, ResultEntry, TaskInput } from "../../../protocol/job.js";
import { payloadData, type Payload } from "../../../protocol/payload.js";
import type { Target } from "../../../protocol/target.js";
import { encodeChunk } from "../session/codec.js";
import { Cancelled, type Closed } from "../session/errors.js";
import type { PoolJobs } from "./pool-jobs.js";
import { JobRouter, type JobReceiver } from "./pool-router.js";
import { SharedObject } from "../session/shared-object.js";

/** One message brings no more tasks than this … */
const maxMessageTasks = 1024;
/** … and no more bytes, unless one task alone has more. */
const maxMessageBytes = 1024 * 1024;
/** A message of this size leaves before the turn of the event loop ends, so that workers can begin. */
const earlyBytes = 64 * 1024;
/** Bytes of tasks that the server has not accepted yet. More wait here. */
const windowBytes = 8 * 1024 * 1024;
/** With these the server, or the lack of one, refuses every further task of the job. */
const refusals: ReadonlySet<ErrorName> = new Set(["Closed", "BadState", "Cancelled", "SpawnFailed", "Unauthorized"]);
/** What a task costs besides its items, about. */
const taskBytes = 40;

/** How the tasks of a job are run. */
export interface JobOptions {
  timeoutMs?: number | null | undefined;
  graceMs?: number | null | undefined;
  retries?: number | undefined;
}

/** Who made a job, and is told how it goes. */
export interface JobClient {
  outcome(entry: ResultEntry): void;
  /** These items failed before they reached the pool. */
  failed(index: number, count: number, error: unknown): void;
  /** The pool takes no more tasks: neither inputs nor items that were not submitted are of use. */
  ended?(error: unknown): void;
  /** The connection has ended: no outcome will come any more. */
  lost(error: Closed): void;
  /** Some of what was submitted has been accepted. */
  room?(): void;
}

/** A job: its tasks on their way to the server, in few messages, and their outcomes on the way back. */
export class PoolJob extends SharedObject implements JobReceiver {
  readonly #jobs: PoolJobs;
  readonly #client: JobClient;
  readonly #router: JobRouter;
  /** Items of the tasks that wait for the connection to open, by the index of the first one: handles among them have no names before. */
  readonly #unopened = new Map<number, readonly unknown[]>();
  #queue: TaskInput[] = [];
  #queuedBytes = 0;
  #head = 0;
  #scheduled = false;
  #unansweredBytes = 0;
  #unanswered = 0;
  /** Items that have no outcome. */
  #pending = 0;
  #routed = false;
  #released = false;
  #whenAccepted: (() => void)[] = [];

  constructor(jobs: PoolJobs, target: Target, mode: Mode, options: JobOptions, client: JobClient) {
    super("job", {});
    this.#jobs = jobs;
    this.#client = client;
    this.#router = JobRouter.of(this.connection);
    const { timeoutMs, graceMs, retries } = options;
    this.create("job/create", (job) => ({ job, pool: jobs.pool.handle, target, mode, timeoutMs, graceMs, retries }));
  }

  /** Whether more tasks should be made now. When not, `room` is called later. */
  get hasRoom(): boolean {
    return this.#queuedBytes + this.#unansweredBytes < windowBytes;
  }

  /** Adds a task of these items, the first of which is number `index` of the job. */
  submit(index: number, items: readonly unknown[]): void {
    this.#pending += items.length;
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
    this.connection.whenOpen(() => {
      if (this.#unopened.delete(index)) this.#add(index, items);
    }).catch((error: unknown) => {
      if (this.#unopened.delete(index)) this.#refused(index, items.length, error);
    });
  }

  /** Cancels the tasks that begin with these items, or all. */
  cancel(indexes?: readonly number[]): void {
    const cancelled = this.#failQueued(new Cancelled("Cancelled", "the task was cancelled"), indexes);
    if (cancelled === indexes?.length) return;
    const cancel = () => {
      if (this.#pending === 0) return;
      this.request("job/cancel", (job) => ({ job, indexes: indexes ? [...indexes] : undefined })).catch(() => {
        // It ended before it could be cancelled.
      });
    };
    cancel();
    // Those that were on the way are known to the server only then.
    if (this.#unanswered > 0) void this.accepted().then(cancel);
  }

  /** The pool takes no more tasks: what has not left this process fails with the error. */
  end(error: PolyprocError): void {
    this.#client.ended?.(error);
    this.#failQueued(error);
  }

  /** Resolves once the server has accepted, or refused, all that was submitted. */
  accepted(): Promise<void> {
    return this.#isAccepted ? Promise.resolve() : new Promise((resolve) => this.#whenAccepted.push(resolve));
  }

  /** Lets the server forget it; what is not done is cancelled. */
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
      // Too many bytes for one task, or an item that cannot be sent, which then fails alone.
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
    if (this.#queuedBytes >= earlyBytes) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Sends what the window allows. */
  flush(): void {
    while (this.#head < this.#queue.length && this.#unansweredBytes < windowBytes) {
      let bytes = 0;
      let end = this.#head;
      while (end < this.#queue.length && end - this.#head < maxMessageTasks) {
        const size = sizeOf(this.#queue[end]!);
        if (end > this.#head && bytes + size > maxMessageBytes) break;
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
    this.#unanswered++;
    this.#unansweredBytes += bytes;
    this.request("job/submit", (job) => ({ job, tasks }))
      .catch((error: unknown) => {
        for (const task of tasks) this.#refused(task.index, task.count ?? 1, error);
      })
      .finally(() => {
        this.#unanswered--;
        this.#unansweredBytes -= bytes;
        this.flush();
        this.#client.room?.();
        this.#settled();
      });
  }

  /** Fails what has not left this process: the tasks that begin with these items, or all. Gives how many tasks. */
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
    // Only now: whoever is told may submit more.
    for (const [index, items] of unopened) this.#failed(index, items.length, error);
    for (const task of queued) this.#failed(task.index, task.count ?? 1, error);
    return unopened.length + queued.length;
  }

  /** The task cannot be submitted; nor can a later one, unless it is this one's own fault. */
  #refused(index: number, count: number, error: unknown): void {
    this.#failed(index, count, error);
    if (error === this.failure || (error instanceof PolyprocError && refusals.has(error.codeName))) this.#client.ended?.(error);
  }

  #failed(index: number, count: number, error: unknown): void {
    if (this.#pending === 0) return;
    this.#pending -= count;
    this.#client.failed(index, count, error);
    this.#settled();
  }

  #settled(): void {
    if (this.#pending === 0) {
      // A job whose connection could not be opened has no handle.
      if (this.#routed) this.#router.remove(this);
      this.#jobs.live.delete(this);
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
  return payloadData(task.items).length + taskBytes;
}
