import { errorCodes, PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import type { Target } from "../../../protocol/target.js";
import type { PoolDependencies } from "./dependencies.js";
import type { Principal } from "../guard.js";
import type { Job } from "./job.js";
import { earlyWorkers, type IdleOptions } from "./idle-workers.js";
import type { Dispatch } from "./dispatch.js";
import { clusterOf, maxProcesses, openInCluster } from "./pool-in-cluster.js";
import { isPermanent } from "./permanent.js";
import { PoolDispatch } from "./pool-dispatch.js";
import type { PoolWorker } from "./pool-worker.js";
import type { Surroundings } from "./worker-pool.js";
import type { SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import { Task, type Batch, type Outcome } from "./task.js";
import { Wait } from "../wait.js";

export interface PoolOptions extends IdleOptions, Surroundings {
  processes?: number | undefined;
  initializer?: Target | undefined;
  initargs?: Payload | undefined;
  maxTasksPerChild?: number | undefined;
  /** Whether its workers are daemonic. Default: true. */
  daemon?: boolean | undefined;
  /** Shown to people. */
  name?: string | undefined;
  /** The run that owns the pool. */
  run?: Handle | undefined;
  /** Address of the cluster on whose hosts the tasks run. Default: they run on this machine. */
  cluster?: string | undefined;
  /** Labels that a host must have. */
  needs?: readonly string[] | undefined;
}

/**
 * After this many workers in a row that ended before they were ready, or before they began a task, no more are started
 * for the queued tasks.
 */
const maxUselessWorkers = 3;

/**
 * A fixed number of worker slots. This class has the pool's life and the fate of its tasks: outcome, retry, loss,
 * cancellation.
 */
export class Pool implements SharedObject, Principal {
  readonly engine: PoolDependencies;
  readonly handle: Handle;
  readonly session: Session;
  readonly processes: number;
  readonly initializer: Target | undefined;
  readonly initargs: Payload | undefined;
  readonly maxTasksPerChild: number;
  readonly daemon: boolean;
  readonly surroundings: Surroundings;
  readonly name: string | null;
  readonly run: Handle | null;
  /** The cluster's address, without its password. */
  readonly cluster: string | null;
  readonly jobs = new Set<Job>();
  /** The programs that run its functions. */
  readonly interpreters = new Set<string>();
  done = 0;
  failed = 0;
  #state: PoolInfo["state"] = "running";
  /** Message of the Cancelled errors after `terminate`. */
  #why = "";
  readonly dispatch: Dispatch;
  readonly #joiners = new Set<Wait<null>>();
  /** Batches that are not done, and pending submits. */
  #live = 0;
  #uselessWorkers = 0;

  constructor(engine: PoolDependencies, session: Session, handle: Handle, options: PoolOptions) {
    if (options.initializer && "command" in options.initializer) {
      throw new PolyprocError(
        "InvalidParams",
        "initializer: a command cannot prepare a worker; give a module's export or source text",
      );
    }
    this.engine = engine;
    this.session = session;
    this.handle = handle;
    this.cluster = options.cluster === undefined ? null : clusterOf(engine, options);
    if (this.cluster === null && options.needs !== undefined)
      throw new PolyprocError("BadState", "needs: labels choose the hosts of a cluster; give cluster, too");
    this.processes = options.processes ?? (this.cluster === null ? engine.options.cpuCount : maxProcesses);
    this.daemon = options.daemon ?? true;
    this.initializer = options.initializer;
    this.initargs = options.initargs;
    const early = earlyWorkers(engine, this.processes, options);
    if (options.initargs) engine.registry.retainPayload(options.initargs);
    // From here on workers start: what refuses the pool comes before.
    this.dispatch =
      options.cluster === undefined ? new PoolDispatch(this, options, early) : openInCluster(this, options);
    this.maxTasksPerChild = options.maxTasksPerChild ?? Infinity;
    this.surroundings = { cwd: options.cwd, env: options.env, execArgv: options.execArgv };
    this.name = options.name ?? null;
    this.run = options.run ?? null;
    engine.livePools.add(this);
    this.changed();
  }

  get state(): PoolInfo["state"] {
    return this.#state;
  }

  describePool(): PoolInfo {
    return {
      pool: this.handle,
      name: this.name,
      run: this.run,
      session: this.session.id,
      state: this.#state,
      processes: this.processes,
      workers: this.dispatch.workers,
      busy: this.dispatch.busy(),
      queued: this.dispatch.queued,
      done: this.done,
      failed: this.failed,
      ...(this.cluster === null ? {} : { cluster: this.cluster }),
      ...(this.interpreters.size === 0 ? {} : { interpreters: [...this.interpreters] }),
    };
  }

  /** Throws BadState unless this session may create a job here. */
  requireOpen(session: Session): void {
    if (this.run !== null && session !== this.session)
      throw new PolyprocError(
        "BadState",
        `the pool ${this.handle} is that of ${this.run}, and takes no other jobs: make one of your own`,
      );
    if (this.#state !== "running")
      throw new PolyprocError("BadState", `the pool ${this.handle} was ${this.#state}: it takes no new jobs`);
  }

  /** Throws BadState if the pool takes no more tasks, not even of existing jobs. */
  requireNotTerminated(): void {
    if (this.#state === "terminated")
      throw new PolyprocError("BadState", `the pool ${this.handle} was terminated: it takes no more tasks`);
  }

  /** Counts pending submits as unfinished work, so that a closed pool waits for them. */
  hold(change: number): void {
    this.#live += change;
    if (change < 0) this.finished(0);
  }

  enqueue(batches: readonly Batch[]): void {
    this.requireNotTerminated();
    // Without batches nothing would ever take the pool out of `livePools` again.
    if (batches.length === 0) return;
    this.#live += batches.length;
    this.engine.livePools.add(this);
    for (const batch of batches) {
      const exact = batch.count > 1 && (batch.count <= 256 || batch.job.timeoutMs !== null || batch.job.retries > 0);
      this.dispatch.queue.push(new Task(batch, 0, batch.count, 1, exact && !batch.job.isCommand));
    }
    this.dispatch.pump();
  }

  close(): void {
    if (this.#state !== "running") return;
    this.#state = "closed";
    this.changed();
    this.#retireWhenIdle();
  }

  /** After an exception in the server's own code: cancels all tasks and kills the workers. */
  endAfterFault(error: PolyprocError): void {
    this.terminate(error.message);
    // The exception may have hit after a worker gave up a task and before the task got its outcome: no worker's end
    // would settle it.
    for (const job of this.jobs) {
      for (const batch of job.liveBatches())
        for (const task of [...batch.tasks])
          if (!this.dispatch.holds(task)) this.engine.guard.run(null, () => this.drop(task, error.toErrorObject(), 0));
    }
  }

  /** Kills the workers and cancels all tasks. `why`: the message of their errors. */
  terminate(why = "the pool was terminated"): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#why = why;
    this.dispatch.killWorkers();
    const batches = [...this.jobs].flatMap((job) => job.liveBatches());
    this.cancel(batches, why, 0);
    this.dispatch.clear();
    this.changed();
    this.#checkGone();
  }

  join(session: Session, timeoutMs: number | null | undefined): null | Wait<null> {
    if (this.#state === "running")
      throw new PolyprocError("BadState", "the pool is still running: close or terminate it before join");
    return this.whenGone(session, timeoutMs);
  }

  whenGone(session: Session, timeoutMs?: number | null): null | Wait<null> {
    if (this.#isGone) return null;
    const about = { object: this, reason: "unfinished" } as const;
    const wait: Wait<null> = new Wait<null>(session, { timeoutMs, about, onLeave: () => this.#joiners.delete(wait) });
    this.#joiners.add(wait);
    return wait;
  }

  /**
   * Cancels the tasks of these batches. Queued tasks fail at once. Running tasks are asked to stop, and killed after
   * `graceMs`; with `"waiting"` they are left alone. Returns the number of batches that had a task to cancel.
   */
  cancel(batches: readonly Batch[], message: string, graceMs: number | "waiting"): number {
    const error = new PolyprocError("Cancelled", message).toErrorObject();
    this.dispatch.takeBack(batches.flatMap((batch) => batch.tasks));
    let cancelled = 0;
    for (const batch of batches) {
      let any = false;
      for (const task of [...batch.tasks]) {
        if (task.state === "queued") this.drop(task, error, 0);
        else if (!this.dispatch.cancel(task, graceMs)) continue;
        any = true;
      }
      if (any) cancelled++;
    }
    this.dispatch.schedule();
    return cancelled;
  }

  unreferenced(): void {
    if (this.#state === "running" || !this.#isGone) this.terminate();
    if (this.initargs) this.engine.registry.dropPayload(this.initargs);
  }

  // Reports of workers.

  workerReady(): void {
    if (this.#state !== "running") this.#retireWhenIdle();
    this.dispatch.schedule();
  }

  /** Fails all queued tasks that need a worker of this runtime. */
  dropQueued(runtime: string, error: Failure): void {
    for (const task of this.dispatch.queue.takeAll(({ job }) => job.runtime === runtime)) this.drop(task, error, 0);
  }

  began(task: Task, pid: number, startedAt: number): void {
    task.job.started(task, pid, startedAt);
    this.engine.events.publishTask(() => ({
      job: task.job.handle,
      index: task.index,
      count: task.to - task.from,
      state: "running",
      pid,
      attempt: task.attempt,
      at: startedAt,
    }));
    this.changed();
  }

  /** A worker has run these items of a task: settles them, or retries them after a failure. */
  outcome(task: Task, outcome: Outcome, pid: number, ms: number): void {
    const { from, count, host } = outcome;
    if (task.stopping === "TimedOut") {
      this.#failOrRetry(task, from, from + count, this.#stopped(task, ms), pid, ms, host);
    } else if (task.stopping) {
      this.#fail(task, from, from + count, this.#stopped(task, ms), pid, ms, host);
    } else if ("values" in outcome) {
      task.job.settle(task, from, count, { values: outcome.values }, pid, ms, host);
      this.#tell(task, from, count, "done", pid);
    } else {
      this.#failOrRetry(task, from, from + count, outcome.error, pid, ms, host);
    }
  }

  /** A worker has ended. `useful`: it had begun a task, or was given none. */
  workerGone(worker: PoolWorker, untouched: Task[], lost: Task[], death: PolyprocError, useful: boolean): void {
    if (this.#state === "terminated") {
      const error = new PolyprocError("Cancelled", this.#why).toErrorObject();
      for (const task of [...lost, ...untouched]) this.drop(task, error, worker.pid);
    } else {
      this.dispatch.queue.addFirst(untouched);
      for (const task of lost) this.#lost(task, death, worker.pid);
      if (useful) this.#uselessWorkers = 0;
      else if (++this.#uselessWorkers >= maxUselessWorkers) {
        this.#uselessWorkers = 0;
        this.dropQueued(worker.runtime, death.toErrorObject());
      }
    }
    this.dispatch.schedule();
    this.#checkGone();
  }

  commandGone(): void {
    this.changed();
    this.dispatch.schedule();
    this.#checkGone();
  }

  /** This many batches are done. */
  finished(batches = 1): void {
    this.#live -= batches;
    if (this.#state === "closed") this.#retireWhenIdle();
    this.#checkGone();
  }

  #lost(task: Task, death: PolyprocError, pid: number): void {
    if (task.stopping === "Cancelled") {
      this.drop(task, this.#stopped(task, 0), pid);
      return;
    }
    const { batch, from, to, attempt } = task;
    if (from === to) {
      // The worker died after it had reported every item and before it reported the end of the task. Nothing is lost.
      task.over();
      return;
    }
    const error = task.stopping === "TimedOut" ? this.#stopped(task, 0) : death.toErrorObject();
    task.over();
    if (!task.exact && from + 1 < to) {
      // The worker reported items in batches, so it is not known which item ran when it died. Run all of them again,
      // now with a report for each item. If one of them kills the next worker, that one alone fails.
      this.dispatch.queue.addFirst([this.#again(batch, from, to, attempt)]);
      return;
    }
    // The item that ran is lost. The items after it were not begun: another worker runs them.
    if (from + 1 < to) this.dispatch.queue.addFirst([this.#again(batch, from + 1, to, attempt)]);
    this.#failOrRetry(task, from, from + 1, error, pid, 0);
  }

  #stopped(task: Task, ms: number): Failure {
    if (task.stopping === "TimedOut") {
      return new PolyprocError("TimedOut", `the task ran longer than its limit of ${task.job.timeoutMs} ms`, {
        timeoutMs: task.job.timeoutMs,
        ms,
      }).toErrorObject();
    }
    const why = this.#state === "terminated" ? this.#why : "the task was cancelled";
    return new PolyprocError("Cancelled", why).toErrorObject();
  }

  #failOrRetry(task: Task, from: number, to: number, error: Failure, pid: number, ms: number, host?: string): void {
    const mayRetry = task.attempt <= task.job.retries && this.#state !== "terminated" && !isPermanent(error.code);
    if (mayRetry) this.dispatch.queue.push(this.#again(task.batch, from, to, task.attempt + 1));
    else this.#fail(task, from, to, error, pid, ms, host);
  }

  /** A new task for these items, with a report for each item. */
  #again(batch: Batch, from: number, to: number, attempt: number): Task {
    batch.job.requeued(batch, from, to, attempt);
    return new Task(batch, from, to, attempt, true);
  }

  #fail(task: Task, from: number, to: number, error: Failure, pid: number, ms: number, host?: string): void {
    task.job.settle(task, from, to - from, { error }, pid, ms, host);
    this.#tell(task, from, to - from, error.code === errorCodes.Cancelled ? "cancelled" : "failed", pid);
  }

  /** Ends a task that no worker has, with this error. */
  drop(task: Task, error: Failure, pid: number): void {
    task.over();
    if (task.from < task.to) this.#fail(task, task.from, task.to, error, pid, 0);
  }

  #tell(task: Task, from: number, count: number, state: "done" | "failed" | "cancelled", pid: number): void {
    this.engine.events.publishTask(() => ({
      job: task.job.handle,
      index: task.batch.index + from,
      count,
      state,
      pid,
      attempt: task.attempt,
      at: this.engine.clock.wallTime(),
    }));
  }

  #retireWhenIdle(): void {
    if (this.#live > 0) return;
    this.dispatch.retire();
    this.#checkGone();
  }

  get #isGone(): boolean {
    return this.dispatch.empty && this.#live === 0;
  }

  #checkGone(): void {
    if (this.#state === "running" || !this.#isGone) return;
    for (const wait of [...this.#joiners]) wait.resolve(null);
    this.#joiners.clear();
    this.engine.livePools.delete(this);
    this.changed();
  }

  changed(): void {
    this.engine.events.publishPool(() => this.describePool());
  }
}
