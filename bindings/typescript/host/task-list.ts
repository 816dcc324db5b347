import type { WorkerTask } from "../../../protocol/worker.js";

/**
 * A claim is the low byte of a task's `seq`, and claims are in the order of their tasks. The server gives at most
 * this many beyond the last one that the host acknowledged. So if two tasks in the list have the same byte, the older
 * one was taken back.
 */
const maxUnacknowledged = 128;

/** Claims, in the order of their tasks. */
export interface Claims {
  /** The low byte of the next task's `seq`; null if the FIFO is empty. */
  next(): number | null;
}

/**
 * Tasks that the server has sent and the host has not started. With claims, the list may contain tasks that the server
 * has taken back.
 */
export class TaskList {
  readonly #claims: Claims | null;
  #tasks: WorkerTask[] = [];
  #head = 0;
  /** A claim whose task has not arrived yet. */
  #claimed: number | null = null;

  constructor(claims: Claims | null) {
    this.#claims = claims;
  }

  add(tasks: readonly WorkerTask[]): void {
    if (this.#head * 2 > this.#tasks.length) {
      // A busy host never empties the list, so drop the finished tasks here.
      this.#tasks = this.#tasks.slice(this.#head);
      this.#head = 0;
    }
    for (const task of tasks) this.#tasks.push(task);
  }

  /** The next task to run. The server can no longer take it back. Null if there is none. */
  next(): WorkerTask | null {
    if (this.#head === this.#tasks.length) return null;
    if (!this.#claims) return this.#shift();
    const claimed = this.#claimed ?? this.#claims.next();
    this.#claimed = null;
    if (claimed === null) {
      this.#clear();
      return null;
    }
    const found = this.#find(claimed);
    if (found === -1) {
      // All tasks in the list were taken back. The claimed task has not arrived yet.
      this.#clear();
      this.#claimed = claimed;
      return null;
    }
    this.#head = found;
    return this.#shift();
  }

  #find(claimed: number): number {
    const newest = this.#tasks.at(-1)!.seq;
    for (let at = this.#tasks.length - 1; at >= this.#head; at--) {
      const { seq } = this.#tasks[at]!;
      if (newest - seq >= maxUnacknowledged) return -1;
      if ((seq & 0xff) === claimed) return at;
    }
    return -1;
  }

  #shift(): WorkerTask {
    const task = this.#tasks[this.#head++]!;
    if (this.#head === this.#tasks.length) this.#clear();
    return task;
  }

  #clear(): void {
    this.#tasks = [];
    this.#head = 0;
  }
}
