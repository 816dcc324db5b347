import type { Failure } from "../../../protocol/job.js";
import { Deque } from "../deque.js";
import type { Job } from "./job.js";
import { PoolCommand } from "./pool-command.js";
import type { Pool } from "./pool.js";
import { PoolWorker } from "./pool-worker.js";
import type { Task } from "./task.js";

/** More than a worker can have. */
export const allClaims = 128;
/** No more than this is sent to a worker in one go, beyond one task. */
const aheadBytes = 256 * 1024;
/** How many tasks an idle worker gets at once, by how long they are known to take. */
const shortMs = 1;
const mediumMs = 10;
/** How often to look for tasks that wait behind a long one, while there is something to do. */
const rescueEveryMs = 1;

/** A pool's waiting tasks, its worker slots, and the rule by which they meet. */
export class PoolDispatch {
  readonly #pool: Pool;
  readonly #queue = new Deque<Task>();
  /** Tasks whose client reads too slowly. */
  readonly #parked = new Map<Job, Task[]>();
  readonly workers = new Set<PoolWorker>();
  readonly commands = new Set<PoolCommand>();
  #nextWorker = 1;
  #scheduled = false;
  #lastRescue = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get empty(): boolean {
    return this.workers.size === 0 && this.commands.size === 0;
  }

  add(task: Task): void {
    this.#queue.push(task);
  }

  /** Forgets what waits: each of its tasks is over. */
  clear(): void {
    this.#queue.clear();
    this.#parked.clear();
  }

  /** Back to the front, in their order. */
  addFirst(tasks: readonly Task[]): void {
    for (let i = tasks.length - 1; i >= 0; i--) {
      const task = tasks[i]!;
      if (task.state === "over") continue;
      task.state = "queued";
      this.#queue.unshift(task);
    }
  }

  /** A job's client reads again. */
  unpark(job: Job): void {
    const tasks = this.#parked.get(job);
    this.#parked.delete(job);
    if (tasks) this.addFirst(tasks);
    this.schedule();
  }

  /** Those that wait for a worker of this runtime will not get one. */
  dropQueued(runtime: string, error: Failure): void {
    const keep: Task[] = [];
    for (let task = this.#queue.shift(); task; task = this.#queue.shift()) {
      if (task.state === "over") continue;
      if (task.job.runtime === runtime) this.#pool.drop(task, error, 0);
      else keep.push(task);
    }
    for (const task of keep) this.#queue.push(task);
  }

  /** Pairs tasks and workers, once for everything that comes in one turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#pool.engine.guard.soon(this.#pool, () => {
      this.#scheduled = false;
      this.pump();
    });
  }

  pump(): void {
    if (this.#pool.state === "terminated" || this.#pool.engine.ending) return;
    this.#rescueStuck();
    for (;;) {
      const task = this.#next();
      if (!task) break;
      if (task.job.isCommand) {
        if (this.#active() >= this.#pool.processes) break;
        // A program runs once for each item, so that its items need not wait for each other.
        const first = task.takeFirst();
        if (first === task) this.#queue.shift();
        this.commands.add(new PoolCommand(this.#pool, first));
        continue;
      }
      const { runtime } = task.job;
      this.#startWorkers(runtime);
      const worker = this.#pick(runtime);
      if (!worker) break;
      const tasks = this.#take(worker, runtime);
      if (tasks.length > 0) this.#give(worker, tasks);
    }
    this.#stealForIdle();
    this.#pool.changed();
  }

  busy(): number {
    let busy = this.commands.size;
    for (const worker of this.workers) if (worker.inflight.length > 0) busy++;
    return busy;
  }

  /** The task at the front that may run. */
  #next(): Task | undefined {
    for (let task = this.#queue.peek(); task; task = this.#queue.peek()) {
      if (task.state === "over") {
        this.#queue.shift();
      } else if (task.job.blocked) {
        this.#queue.shift();
        const parked = this.#parked.get(task.job);
        if (parked) parked.push(task);
        else this.#parked.set(task.job, [task]);
      } else {
        return task;
      }
    }
    return undefined;
  }

  /** An idle worker, else the one with the fewest tasks that has room for another ahead of need. */
  #pick(runtime: string): PoolWorker | null {
    let best: PoolWorker | null = null;
    for (const worker of this.workers) {
      if (worker.runtime !== runtime || worker.room() < 1) continue;
      if (!best || worker.inflight.length < best.inflight.length) best = worker;
    }
    if (best?.inflight.length === 0 && this.#active() >= this.#pool.processes) return null;
    return best;
  }

  #give(worker: PoolWorker, tasks: Task[]): void {
    if (!worker.give(tasks)) this.addFirst(tasks);
  }

  /** As many tasks as are this worker's share, and as it has room for. */
  #take(worker: PoolWorker, runtime: string): Task[] {
    const share = Math.max(1, Math.floor(this.#queue.length / this.#pool.processes));
    const limit = Math.min(worker.room(), share, worker.inflight.length === 0 ? this.#firstBatch() : Infinity);
    const tasks: Task[] = [];
    let bytes = 0;
    while (tasks.length < limit) {
      const task = this.#next();
      if (!task || task.job.isCommand || task.job.runtime !== runtime) break;
      if (tasks.length > 0 && bytes + task.batch.bytes > aheadBytes) break;
      this.#queue.shift();
      const refusal = worker.whyNot(task);
      if (refusal) {
        this.#pool.drop(task, refusal.toErrorObject(), 0);
        continue;
      }
      bytes += task.batch.bytes;
      tasks.push(task);
    }
    return tasks;
  }

  /** How many to give to an idle worker: one while nothing is known of how long they take. */
  #firstBatch(): number {
    const taskMs = this.#queue.peek()?.job.taskMs ?? 0;
    if (taskMs === 0 || taskMs > mediumMs) return 1;
    return taskMs > shortMs ? 4 : 32;
  }

  /** Starts workers for which there are both free slots and tasks that no idle or starting one will take. */
  #startWorkers(runtime: string): void {
    let idle = 0;
    let starting = 0;
    let alive = 0;
    for (const worker of this.workers) {
      if (worker.runtime !== runtime || worker.state === "retiring") continue;
      alive++;
      if (worker.state === "starting") starting++;
      else if (worker.inflight.length === 0) idle++;
    }
    const { processes } = this.#pool;
    const wanted = Math.min(processes - this.#active() - idle, processes - alive, this.#queue.length - idle - starting);
    for (let i = 0; i < wanted; i++) {
      const worker = new PoolWorker(this.#pool, runtime, `PoolWorker-${this.#nextWorker++}`);
      this.workers.add(worker);
      worker.start();
    }
  }

  /** Takes back what waits behind a task that turned out to be long. */
  #rescueStuck(): void {
    const now = this.#pool.engine.clock.now();
    if (now - this.#lastRescue < rescueEveryMs) return;
    this.#lastRescue = now;
    for (const worker of this.workers) {
      if (worker.inflight.length > 1 && worker.isStuck(now)) this.addFirst(worker.takeBack(allClaims));
    }
  }

  /** The queue is empty and a worker is free: half of what the fullest one has not begun goes to it. */
  #stealForIdle(): void {
    if (this.#queue.length > 0) return;
    for (const idle of this.workers) {
      if (!idle.idle || idle.room() < 1) continue;
      let fullest: PoolWorker | null = null;
      for (const worker of this.workers) {
        if (worker.runtime === idle.runtime && worker.inflight.length > 1 && worker.inflight.length > (fullest?.inflight.length ?? 0)) fullest = worker;
      }
      if (!fullest) return;
      const tasks = fullest.takeBack(Math.min(idle.room(), Math.ceil((fullest.inflight.length - 1) / 2)));
      if (tasks.length > 0) this.#give(idle, tasks);
    }
  }

  /** Slots in use or about to be. */
  #active(): number {
    let active = this.commands.size;
    for (const worker of this.workers) if (worker.inflight.length > 0 || worker.state === "starting") active++;
    return active;
  }
}
