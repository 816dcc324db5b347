import type { Failure } from "../../../protocol/job.js";
import { OncePerTurn } from "../guard.js";
import type { Dispatch } from "./dispatch.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { QueuedInfo } from "../../../protocol/waits.js";
import { PoolCommand, type CommandPool } from "./pool-command.js";
import { PoolWorker } from "./pool-worker.js";
import { IdleWorkers, type EarlyWorkers, type IdleOptions } from "./idle-workers.js";
import type { Task, TaskWorker } from "./task.js";
import { TaskQueue } from "./task-queue.js";
import type { WorkerPool } from "./worker-pool.js";

/** The pool, as the dispatch of its tasks sees it. */
export interface DispatchedPool extends WorkerPool, CommandPool {
  readonly state: PoolInfo["state"];
  readonly processes: number;
  drop(task: Task, error: Failure, pid: number): void;
  changed(): void;
}

/** Most bytes of payload in one batch of tasks; a single task may be larger. */
const aheadBytes = 256 * 1024;
/**
 * Tasks that take up to `shortMs` go to an idle worker 32 at a time, those up to `mediumMs` 4 at a time, others one at
 * a time.
 */
const shortMs = 1;
const mediumMs = 10;
/** At most this often, the pool looks for workers whose running task is stuck. */
const rescueEveryMs = 1;

/** Dispatch on this machine: the queue of waiting tasks, the workers and commands, and the rule that pairs them. */
export class PoolDispatch implements Dispatch {
  readonly #pool: DispatchedPool;
  readonly queue = new TaskQueue();
  readonly #workers = new Set<PoolWorker>();
  readonly #commands = new Set<PoolCommand>();
  #nextWorker = 1;
  readonly #pumping: OncePerTurn;
  #lastRescue = 0;

  /** Workers that are started before there are tasks. */
  #early: EarlyWorkers | null;
  readonly #idle: IdleWorkers;

  constructor(pool: DispatchedPool, options: IdleOptions, early: EarlyWorkers | null) {
    this.#pool = pool;
    this.#pumping = new OncePerTurn(pool.engine.guard, pool, () => this.pump());
    this.#idle = new IdleWorkers(pool, this.#workers, options);
    this.#early = early;
    if (early) this.schedule();
  }

  get queued(): number {
    return this.queue.length;
  }

  get workers(): number {
    return this.#workers.size + this.#commands.size;
  }

  get empty(): boolean {
    return this.#workers.size === 0 && this.#commands.size === 0;
  }

  clear(): void {
    this.queue.clear();
    for (const command of this.#commands) command.kill();
  }

  killWorkers(): void {
    for (const worker of this.#workers) worker.kill();
  }

  retire(): void {
    for (const worker of this.#workers) worker.retire();
  }

  takeBack(tasks: readonly Task[]): void {
    const workers = new Set<TaskWorker>();
    for (const { worker } of tasks) if (worker) workers.add(worker);
    for (const worker of workers) this.queue.addFirst(worker.takeBack());
  }

  cancel(task: Task, graceMs: number | "waiting"): boolean {
    if (graceMs === "waiting") return false;
    if (task.worker) task.worker.stop(task, "Cancelled", graceMs);
    else this.#commandOf(task)?.stop("Cancelled", graceMs);
    return true;
  }

  holds(task: Task): boolean {
    return task.worker !== null || this.#commandOf(task) !== undefined;
  }

  /** Once for all changes of the turn. */
  schedule(): void {
    this.#pumping.schedule();
  }

  pump(): void {
    if (this.#pool.state === "terminated" || this.#pool.engine.ending) return;
    this.#rescueStuck();
    this.#startEarly();
    this.#overtake();
    for (;;) {
      const task = this.queue.next();
      if (!task) break;
      if (task.job.isCommand) {
        if (this.#active() >= this.#pool.processes) break;
        // Each item of a chunk is a process of its own. Take one item, so that the others can run at the same time.
        const first = task.takeFirst();
        if (first === task) this.queue.shift();
        const command = new PoolCommand(this.#pool, first);
        command.onGone = () => this.#commands.delete(command);
        this.#commands.add(command);
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
    this.#idle.update();
    this.#pool.changed();
  }

  busy(): number {
    let busy = this.#commands.size;
    for (const worker of this.#workers) if (worker.inflight.length > 0) busy++;
    return busy;
  }

  whyQueued(): QueuedInfo["reason"] {
    if (this.queue.length === 0) return "reader";
    if (this.busy() >= this.#pool.processes) return "limit";
    for (const worker of this.#workers) if (worker.state === "starting") return "starting";
    return "soon";
  }

  /**
   * The worker for the next task: an idle one, else the one with the fewest tasks that can prefetch another. Null:
   * none.
   */
  #pick(runtime: string): PoolWorker | null {
    let best: PoolWorker | null = null;
    for (const worker of this.#workers) {
      if (worker.runtime !== runtime || worker.room() < 1) continue;
      if (!best || worker.inflight.length < best.inflight.length) best = worker;
    }
    if (best?.inflight.length === 0 && this.#active() >= this.#pool.processes) return null;
    return best;
  }

  #give(worker: PoolWorker, tasks: Task[]): void {
    this.queue.addFirst(worker.give(tasks));
  }

  /** Takes the worker's next batch from the queue: its share of the queue, as far as it has room. */
  #take(worker: PoolWorker, runtime: string): Task[] {
    const share = Math.max(1, Math.floor(this.queue.length / this.#pool.processes));
    const limit = Math.min(worker.room(), share, worker.inflight.length === 0 ? this.#firstBatch() : Infinity);
    const tasks: Task[] = [];
    let bytes = 0;
    while (tasks.length < limit) {
      const task = this.queue.next();
      if (!task || task.job.isCommand || task.job.runtime !== runtime) break;
      const sent = worker.sentBytes(task);
      if (tasks.length > 0 && bytes + sent > aheadBytes) break;
      this.queue.shift();
      const refusal = worker.whyNot(task);
      if (refusal) {
        this.#pool.drop(task, refusal.toErrorObject(), 0);
        continue;
      }
      bytes += sent;
      tasks.push(task);
    }
    return tasks;
  }

  /** Size of the batch for an idle worker: one task while their duration is unknown. */
  #firstBatch(): number {
    const taskMs = this.queue.peek()?.job.taskMs ?? 0;
    if (taskMs === 0 || taskMs > mediumMs) return 1;
    return taskMs > shortMs ? 4 : 32;
  }

  /** Starts workers for the tasks that no idle or starting worker will take, as long as the pool has free slots. */
  #startWorkers(runtime: string): void {
    let idle = 0;
    let starting = 0;
    let alive = 0;
    for (const worker of this.#workers) {
      if (worker.runtime !== runtime || worker.state === "retiring") continue;
      alive++;
      if (worker.state === "starting") starting++;
      else if (worker.inflight.length === 0) idle++;
    }
    const { processes } = this.#pool;
    const wanted = Math.min(processes - this.#active() - idle, processes - alive, this.queue.length - idle - starting);
    for (let i = 0; i < wanted; i++) this.#start(runtime);
  }

  #start(runtime: string): void {
    const worker = new PoolWorker(this.#pool, runtime, `PoolWorker-${this.#nextWorker++}`);
    worker.onGone = () => this.#workers.delete(worker);
    this.#workers.add(worker);
    worker.start();
  }

  #commandOf(task: Task): PoolCommand | undefined {
    for (const command of this.#commands) if (command.task === task) return command;
    return undefined;
  }

  /** Once only: a worker that dies is replaced when tasks need it, so workers that cannot start are no endless loop. */
  #startEarly(): void {
    const early = this.#early;
    this.#early = null;
    if (early && this.#pool.state === "running")
      for (let i = this.#workers.size; i < early.count; i++) this.#start(early.runtime);
  }

  /** Takes back prefetched tasks of a lower priority than the first queued task. */
  #overtake(): void {
    const first = this.queue.next();
    if (!first) return;
    for (const worker of this.#workers) {
      const second = worker.inflight[1];
      if (second && second.job.priority < first.job.priority) this.queue.addFirst(worker.takeBack());
    }
  }

  /** Takes back the tasks that wait behind a stuck one. */
  #rescueStuck(): void {
    const now = this.#pool.engine.clock.now();
    if (now - this.#lastRescue < rescueEveryMs) return;
    this.#lastRescue = now;
    for (const worker of this.#workers) {
      if (worker.inflight.length > 1 && worker.isStuck(now)) this.queue.addFirst(worker.takeBack());
    }
  }

  /** If the queue is empty, an idle worker gets half of the prefetched tasks of the fullest worker. */
  #stealForIdle(): void {
    if (this.queue.length > 0) return;
    for (const idle of this.#workers) {
      if (!idle.idle || idle.room() < 1) continue;
      let fullest: PoolWorker | null = null;
      for (const worker of this.#workers) {
        if (
          worker.runtime === idle.runtime &&
          worker.inflight.length > 1 &&
          worker.inflight.length > (fullest?.inflight.length ?? 0)
        )
          fullest = worker;
      }
      if (!fullest) return;
      const tasks = fullest.takeBack(Math.min(idle.room(), Math.ceil((fullest.inflight.length - 1) / 2)));
      if (tasks.length > 0) this.#give(idle, tasks);
    }
  }

  /** Slots in use: commands, busy workers and starting workers. */
  #active(): number {
    let active = this.#commands.size;
    for (const worker of this.#workers) if (worker.inflight.length > 0 || worker.state === "starting") active++;
    return active;
  }
}
