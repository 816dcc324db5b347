import { Deque } from "../deque.js";
import type { Job } from "./job.js";
import type { Task } from "./task.js";

/** The queued tasks of a pool: those of the highest priority first, in the order in which they were queued. */
export class TaskQueue {
  /** One list for each priority that occurs, the highest first. Empty ones are removed. */
  readonly #lists: { priority: number; tasks: Deque<Task> }[] = [];
  /** Tasks that are not given to workers, because their client reads its results too slowly. */
  readonly #parked = new Map<Job, Task[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Tasks that wait because their client reads its results too slowly. */
  get parked(): number {
    let parked = 0;
    for (const tasks of this.#parked.values()) parked += tasks.length;
    return parked;
  }

  /** Tasks that wait behind tasks of a higher priority. */
  get behind(): number {
    const [, ...lower] = this.#lists;
    return lower.reduce((sum, { tasks }) => sum + tasks.length, 0);
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

  /** Queues tasks before all others of their priority, in their order. Those that are over are dropped. */
  addFirst(tasks: readonly Task[]): void {
    for (let i = tasks.length - 1; i >= 0; i--) {
      const task = tasks[i]!;
      if (task.state === "over") continue;
      task.state = "queued";
      this.unshift(task);
    }
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

  /** The first task that may run; it stays queued. Parks tasks before it whose client is too slow. */
  next(): Task | undefined {
    for (let task = this.peek(); task; task = this.peek()) {
      if (task.state === "over") {
        this.shift();
      } else if (task.job.blocked) {
        this.shift();
        const parked = this.#parked.get(task.job);
        if (parked) parked.push(task);
        else this.#parked.set(task.job, [task]);
      } else {
        return task;
      }
    }
    return undefined;
  }

  /** Queues the parked tasks of the job. */
  unpark(job: Job): void {
    const tasks = this.#parked.get(job);
    this.#parked.delete(job);
    if (tasks) this.addFirst(tasks);
  }

  /** Takes all queued tasks that match out of the queue. Parked ones stay. */
  takeAll(matches: (task: Task) => boolean): Task[] {
    const taken: Task[] = [];
    const kept: Task[] = [];
    for (let task = this.shift(); task; task = this.shift())
      if (task.state !== "over") (matches(task) ? taken : kept).push(task);
    for (const task of kept) this.push(task);
    return taken;
  }

  clear(): void {
    this.#lists.length = 0;
    this.#length = 0;
    this.#parked.clear();
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
