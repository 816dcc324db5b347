import type { Failure } from "../../../protocol/job.js";
import type { Payload } from "../../../protocol/schema.js";
import { payloadBytes } from "../../../protocol/schema.js";
import type { Job } from "./job.js";
import type { Kept } from "../kept.js";
import { ItemReader } from "../payload-list.js";

/** What a task and its pool need of the worker that has the task. */
export interface TaskWorker {
  takeBack(max?: number): Task[];
  stop(task: Task, reason: "Cancelled" | "TimedOut", graceMs: number): void;
}

/** The outcome of `count` items from item `from` on. */
export type Outcome = { from: number; count: number; host?: string } & ({ values: Payload } | { error: Failure });

/** One entry of `job/submit`: `count` items in one payload. It is done when each item is settled. */
export class Batch {
  readonly job: Job;
  /** Number of the first item in the job. */
  readonly index: number;
  readonly count: number;
  readonly kept: Kept;
  /** Number of items that have an outcome. */
  settled = 0;
  /**
   * The tasks for the items without an outcome. Nearly always one; retries and lost workers split a batch into more.
   */
  readonly tasks: Task[] = [];
  #reader: ItemReader | null = null;

  constructor(job: Job, index: number, count: number, kept: Kept) {
    this.job = job;
    this.index = index;
    this.count = count;
    this.kept = kept;
  }

  get items(): Payload {
    return this.kept.payload;
  }

  /** The payload of one item. Throws Malformed if the batch's payload is not a list. */
  item(number: number): Uint8Array {
    return (this.#reader ??= new ItemReader(this.items)).item(number);
  }

  /** Size of the payload, without overhead. */
  get bytes(): number {
    return payloadBytes(this.items);
  }
}

/** Items `from` to `to - 1` of a batch, which one worker runs one after the other. */
export class Task {
  readonly batch: Batch;
  /** First item that has no outcome. Rises as the worker reports items. */
  from: number;
  readonly to: number;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The worker reports each item before it begins the next, so that after its death it is known which item ran. */
  readonly exact: boolean;
  state: "queued" | "sent" | "over" = "queued";
  worker: TaskWorker | null = null;
  /** Its number in the order of the worker's tasks. */
  seq = 0;
  /** Why the task was asked to stop. Its outcome will be this error. */
  stopping: "Cancelled" | "TimedOut" | null = null;

  constructor(batch: Batch, from: number, to: number, attempt: number, exact: boolean) {
    this.batch = batch;
    this.from = from;
    this.to = to;
    this.attempt = attempt;
    this.exact = exact;
    batch.tasks.push(this);
  }

  get job(): Job {
    return this.batch.job;
  }

  /** Splits off the first item as a task. Returns the task itself if it has one item. */
  takeFirst(): Task {
    if (this.to - this.from === 1) return this;
    return new Task(this.batch, this.from++, this.from, this.attempt, this.exact);
  }

  /** Number, in the job, of the item that runs or runs next. */
  get index(): number {
    return this.batch.index + this.from;
  }

  /** Ends the task and takes it out of its batch. */
  over(): void {
    if (this.state === "over") return;
    this.state = "over";
    this.worker = null;
    const { tasks } = this.batch;
    tasks.splice(tasks.indexOf(this), 1);
  }
}
