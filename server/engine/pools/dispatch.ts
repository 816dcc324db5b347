import type { QueuedInfo } from "../../../protocol/waits.js";
import type { Task } from "./task.js";
import type { TaskQueue } from "./task-queue.js";

/** Where a pool's tasks wait and run. It reports each start and each outcome to the pool. */
export interface Dispatch {
  /** Tasks that wait here. After a change of it, `pump` or `schedule` follows. */
  readonly queue: TaskQueue;
  /** Tasks that no worker has. */
  readonly queued: number;
  /** Processes that run. */
  readonly workers: number;
  /** No process is left. */
  readonly empty: boolean;
  /** Processes that have a task. */
  busy(): number;
  /** Why the queued tasks have not begun. */
  whyQueued(): QueuedInfo["reason"];
  /** Pairs tasks and workers. */
  pump(): void;
  /** `pump` at the end of this turn of the event loop. */
  schedule(): void;
  /** Queues those of the tasks again that a worker has and has not begun. */
  takeBack(tasks: readonly Task[]): void;
  /**
   * Asks a task that is not queued to stop. Its process is killed after `graceMs`. With `waiting`, a task that has
   * begun is left alone. False: nothing is cancelled.
   */
  cancel(task: Task, graceMs: number | "waiting"): boolean;
  /** A process has the task, and will report its end. */
  holds(task: Task): boolean;
  /** Ends the workers once they have no task. The pool has no task left. */
  retire(): void;
  killWorkers(): void;
  /** Empties the queue and kills the commands. The pool has ended all queued tasks. */
  clear(): void;
}
