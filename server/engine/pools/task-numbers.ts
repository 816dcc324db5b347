import type { Task } from "./task.js";

/** Numbers the tasks of one worker (`seq`), and knows the last one that the worker reported on. */
export class TaskNumbers {
  #next = 0;
  /** One above the `seq` of the last task that the worker reported on. */
  #acknowledged = 0;

  next(): number {
    return this.#next++;
  }

  /** The last `count` numbers were not used after all. */
  unused(count: number): void {
    this.#next -= count;
  }

  /** The worker reported on this task. */
  acknowledge(seq: number): void {
    this.#acknowledged = seq + 1;
  }

  isAcknowledged({ seq }: Task): boolean {
    return seq < this.#acknowledged;
  }

  get anyAcknowledged(): boolean {
    return this.#acknowledged > 0;
  }
}

/** Index of the first of the tasks that these numbers belong to, one for each; -1: they are not theirs. */
export function findNumbered(tasks: readonly Task[], seqs: readonly number[]): number {
  const first = tasks.findIndex(({ seq }) => seq === seqs[0]);
  return seqs.every((seq, i) => tasks[first + i]?.seq === seq) ? first : -1;
}
