import { Deque } from "../deque.js";
import type { Task } from "./task.js";

/** The queued tasks of a pool: those of the highest priority first, in the order in which they were queued. */
export class TaskQueue {
  /** One list for each priority that occurs, the highest first. Empty ones are removed. */
  readonly #lists: { priority: number; tasks: Deque<Task> }[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(task: Task): void {
    this.#length++;
    this.#of(task.job.priority).push(task);
  }

  /** Queues the task before all others of its priority. */
  unshift(task: Task): void {
    this.#length++;
    this.#of(task.job.priority).unshift(task);
  }

  peek(): Task | undefined {
    return this.#lists[0]?.tasks.peek();
  }

  shift(): Task | undefined {
    const [first] = this.#lists;
    if (!first) return undefined;
    const task = first.tasks.shift();
    if (first.tasks.length === 0) this.#lists.shift();
    this.#length--;
    return task;
  }

  clear(): void {
    this.#lists.length = 0;
    this.#length = 0;
  }

  #of(priority: number): Deque<Task> {
    const at = this.#lists.findIndex((list) => list.priority <= priority);
    const found = this.#lists[at];
    if (found?.priority === priority) return found.tasks;
    const tasks = new Deque<Task>();
    this.#lists.splice(at === -1 ? this.#lists.length : at, 0, { priority, tasks });
    return tasks;
  }
}
