import { payloadData, type Payload } from "../../../protocol/schema.js";
import { itemsOf, listLength, listOfAll } from "../payload-list.js";
import type { Pack, PackResult } from "./cluster-link.js";
import type { Job } from "./job.js";
import type { Outcome, Task } from "./task.js";

/** A pack of short tasks takes about this many milliseconds. */
const packMs = 50;
/** Tasks longer than this many milliseconds go alone. */
const shortMs = 5;
const maxTasks = 64;
const maxBytes = 64 * 1024;
/** A pack takes at most this part of the queue, so that several hosts get some. */
const share = 1 / 8;

/** The items of the task can be cut out of their batch, and joined with others: they are no blob of one language. */
export function isOpen({ batch }: Task): boolean {
  return listLength(batch.items) === batch.count;
}

/** Most tasks in a pack of this job. */
export function packSize(job: Job, queued: number): number {
  const { taskMs } = job;
  // `timeoutMs` limits each task, and a host counts it for each pack. Each command is a process of its own.
  if (taskMs === 0 || taskMs > shortMs || job.timeoutMs !== null || job.isCommand) return 1;
  return Math.max(1, Math.min(maxTasks, Math.ceil(packMs / taskMs), Math.floor(queued * share)));
}

interface Part {
  readonly task: Task;
  /** First item of the task in the pack. */
  readonly at: number;
  /** First item in its batch. */
  readonly from: number;
  readonly count: number;
}

/** A pack that the store has, and the tasks in it. */
export class SentPack implements Pack {
  readonly id: number;
  readonly job: number;
  readonly priority: number;
  readonly parts: Part[] = [];
  count = 0;
  begun = false;
  #bytes = 0;
  /** Which items have an outcome. */
  #settled: boolean[] = [];

  constructor(id: number, job: number, priority: number) {
    this.id = id;
    this.job = job;
    this.priority = priority;
  }

  get splits(): boolean {
    return this.parts.length > 1;
  }

  mayAdd(task: Task, size: number): boolean {
    return this.parts.length < size && this.#bytes + task.batch.bytes <= maxBytes && isOpen(task);
  }

  add(task: Task): void {
    const count = task.to - task.from;
    this.parts.push({ task, at: this.count, from: task.from, count });
    this.count += count;
    this.#bytes += task.batch.bytes;
  }

  /** The payload of all items. A pack that was lost is made again from its tasks, so it is not kept. */
  get items(): Uint8Array {
    const [first] = this.parts;
    const { task, count } = first!;
    if (this.parts.length === 1 && count === task.batch.count) return payloadData(task.batch.items);
    const items: Payload[] = [];
    for (const { task, from, count } of this.parts)
      items.push(...itemsOf(task.batch.items, task.batch.count).slice(from, from + count));
    return payloadData(listOfAll(items));
  }

  /** The outcomes of tasks in a result. A result of items that have an outcome, or are not in the pack, is dropped. */
  outcomes(result: PackResult): { task: Task; outcome: Outcome }[] {
    const end = result.index + result.count;
    if (end > this.count) return [];
    for (let i = result.index; i < end; i++) {
      if (this.#settled[i]) return [];
      this.#settled[i] = true;
    }
    const values = "values" in result ? result.values : null;
    const items = values && this.#spans(result) ? itemsOf(values, result.count) : null;
    const outcomes: { task: Task; outcome: Outcome }[] = [];
    for (const { task, at, from, count } of this.parts) {
      const [first, last] = [Math.max(at, result.index), Math.min(at + count, end)];
      if (first >= last) continue;
      const place = { from: from + first - at, count: last - first };
      if (!("values" in result)) outcomes.push({ task, outcome: { ...place, error: result.error } });
      else if (!items) outcomes.push({ task, outcome: { ...place, values: result.values } });
      else {
        const part = listOfAll(items.slice(first - result.index, last - result.index));
        outcomes.push({ task, outcome: { ...place, values: part } });
      }
    }
    return outcomes;
  }

  /** Items without an outcome. */
  missing(): { task: Task; from: number; count: number }[] {
    const missing = [];
    for (const { task, at, from, count } of this.parts)
      for (let i = 0; i < count; i++) if (!this.#settled[at + i]) missing.push({ task, from: from + i, count: 1 });
    return missing;
  }

  /** Whether the result covers items of more than one task. */
  #spans({ index, count }: PackResult): boolean {
    return !this.parts.some((part) => part.at <= index && index + count <= part.at + part.count);
  }
}
