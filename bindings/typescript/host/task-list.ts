import type { WorkerTask } from "../../../protocol/worker.js";
import type { ClaimsReader } from "./claims.js";

/** What the server has given this host and it has not begun. With claims, tasks may be in the list that the server has taken back. */
export class TaskList {
  readonly #claims: ClaimsReader | null;
  #tasks: WorkerTask[] = [];
  #head = 0;
  /** A claim whose task has not arrived yet. */
  #claimed: number | null = null;

  constructor(claims: ClaimsReader | null) {
    this.#claims = claims;
  }

  add(tasks: readonly WorkerTask[]): void {
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
    while (this.#head < this.#tasks.length) {
      const task = this.#shift();
      if ((task.seq & 0xff) === claimed) return task;
    }
    this.#claimed = claimed;
    return null;
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
