import type { Payload } from "../../../protocol/schema.js";
import { payloadData } from "../../../protocol/schema.js";
import type { Job } from "./job.js";
import type { Kept } from "../kept.js";
import { ItemReader } from "../payload-list.js";
import type { PoolWorker } from "./pool-worker.js";

/** What a client submitted at once: `count` items in one payload. It is done when each of them has its outcome. */
export class Batch {
  readonly job: Job;
  /** Number of the first item in the job. */
  readonly index: number;
  readonly count: number;
  readonly kept: Kept;
  /** Items that have an outcome. */
  settled = 0;
  /** The parts that have none yet; nearly always one. */
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

  /** The payload of one item, of a batch whose items are a list. */
  item(number: number): Uint8Array {
    return (this.#reader ??= new ItemReader(this.items)).item(number);
  }

  /** Of the payload alone. */
  get bytes(): number {
    return payloadData(this.items).length;
  }
}

/** Items `from` … `to - 1` of a batch, to be run by one worker, one after the other. */
export class Task {
  readonly batch: Batch;
  /** First item that has no outcome: rises as parts are told. */
  from: number;
  readonly to: number;
  /** 1 for the first try. */
  readonly attempt: number;
  readonly exact: boolean;
  state: "queued" | "sent" | "over" = "queued";
  worker: PoolWorker | null = null;
  /** Its number on its worker. */
  seq = 0;
  /** It was asked to stop, for this reason; its outcome will be this error. */
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

  /** Its first item as a task of its own; the task itself when it has no other. */
  takeFirst(): Task {
    if (this.to - this.from === 1) return this;
    return new Task(this.batch, this.from++, this.from, this.attempt, this.exact);
  }

  /** Number in the job of the item that runs, or that would run next. */
  get index(): number {
    return this.batch.index + this.from;
  }

  over(): void {
    if (this.state === "over") return;
    this.state = "over";
    this.worker = null;
    const { tasks } = this.batch;
    tasks.splice(tasks.indexOf(this), 1);
  }
}
