import type { WorkerTask } from "../../../protocol/worker.js";

/**
 * A claim is the low byte of a task's `seq`, and claims stay in the order of their tasks; far fewer than this are open
 * at a time. So of two tasks with the same byte the older one was taken back long ago.
 */
const maxOpenClaims = 128;

/** Claims to tasks, in their order. */
export interface Claims {
  /** The low byte of the next task's `seq`, or null when there is none. */
  next(): number | null;
}

/**
 * What the server has given this host and it has not begun. With claims, tasks may be in the list that the server has
 * taken back.
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
      // A host that is never idle must not keep what it has done.
      this.#tasks = this.#tasks.slice(this.#head);
      this.#head = 0;
    }
    for (const task of tasks) this.#tasks.push(task);
  }

  /** The task to run now, which nobody can take back any more; null when there is none. */
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
      // What is here was taken back, and the claimed task is still on its way.
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
      if (newest - seq >= maxOpenClaims) return -1;
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
