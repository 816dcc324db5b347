import type { Task } from "./task.js";

/**
 * Most tasks that the server may give to a worker beyond the last one that the worker acknowledged. A claim is the low
 * byte of a task's `seq`. A worker that is slow to read its messages still lists tasks that were taken back long ago:
 * without this limit, one claim could mean both an old task and a new one.
 */
export const maxUnacknowledged = 128;

/** Numbers the tasks of one worker (`seq`), and finds the tasks that belong to claims. */
export class TaskNumbers {
  #next = 0;
  /** One above the `seq` of the last task that the worker reported on. */
  #acknowledged = 0;

  /** How many more tasks may be numbered before the worker acknowledges one. */
  get room(): number {
    return maxUnacknowledged - (this.#next - this.#acknowledged);
  }

  next(): number {
    return this.#next++;
  }

  /** The claims of the next `count` tasks. */
  nextClaims(count: number): number[] {
    return Array.from({ length: count }, (_, i) => claimOf(this.#next + i));
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

/** Index of the first of the tasks that these claims belong to, one claim for each; -1: they are not their claims. */
export function findClaimed(tasks: readonly Task[], claims: readonly number[]): number {
  const first = tasks.findIndex(({ seq }) => claimOf(seq) === claims[0]);
  const areTheirs = claims.every((claim, i) => tasks[first + i] && claimOf(tasks[first + i]!.seq) === claim);
  return areTheirs ? first : -1;
}

function claimOf(seq: number): number {
  return seq & 255;
}
