import type { PolyprocError } from "../../../protocol/errors.js";
import type { Params } from "../../../protocol/message.js";
import { storedBytes } from "../../../protocol/payload.js";
import { payloadHandles, type Payload, payloadBytes } from "../../../protocol/schema.js";
import { describeTarget } from "../../../protocol/describe-target.js";
import type * as workers from "../../../protocol/worker.js";
import type { Timer } from "../clock.js";
import { kindOfKey } from "../processes/runtime.js";
import type { HostRecord, HostUser } from "../processes/host.js";
import type { ExitStatus } from "../processes/spawner.js";
import type { Task, TaskWorker } from "./task.js";
import { knownOutcome, reportFault, showProgress, type WorkerReport } from "./worker-report.js";
import { findNumbered, TaskNumbers } from "./task-numbers.js";
import { TaskTimers } from "./task-timers.js";
import { firstMessage, packetOf, TargetNumbers, taskMessage } from "./worker-messages.js";
import { workerLost } from "./worker-lost.js";
import type { WorkerPool } from "./worker-pool.js";

/** Most tasks that one worker has at a time. */
const maxDepth = 32;
/** No task is prefetched by a worker that has more bytes of payload than this. */
const maxAheadBytes = 256 * 1024;
/** A task is stuck if it runs longer than this and 5 times its job's average. The tasks behind it are taken back. */
const stuckMs = 5;
/** While a worker loads a target, the timeout of its task is at least this: loading is not the task's own time. */
const loadingMs = 10_000;
/** A worker that was asked to exit is killed after this time. */
const retireMs = 5000;

/** One worker process of a pool: what it was given, what it runs, and its end. */
export class PoolWorker implements HostUser, TaskWorker {
  readonly pool: WorkerPool;
  /** The kind of its host: `keyOfKind`. */
  readonly runtime: string;
  readonly host: HostRecord;
  state: "starting" | "ready" | "retiring" | "gone" = "starting";
  /** The worker's tasks in the order in which it runs them. The first, the head, counts as running. */
  readonly inflight: Task[] = [];
  /** When the head, or its current item, began: on the engine's clock. */
  headSince = 0;
  /** The head's target was not loaded when it was sent. The host reports when it has been loaded. */
  #loading = false;
  /** Tasks given to it and not taken back, for `maxTasksPerChild`. */
  #given = 0;
  readonly #numbers = new TaskNumbers();
  /** The task channel had no room. */
  #full = false;
  readonly #targets = new TargetNumbers();
  readonly #timers: TaskTimers;
  #retireTimer: Timer | undefined;
  /** Called once, when the process has ended, before the pool is told. */
  onGone: () => void = () => {};

  constructor(pool: WorkerPool, runtime: string, name: string) {
    this.pool = pool;
    this.runtime = runtime;
    this.#timers = new TaskTimers(pool.engine.guard, pool);
    this.host = pool.engine.hosts.take({ ...kindOfKey(runtime), owner: pool.session.owner, ...pool.surroundings });
    const { process } = this.host;
    process.role = "worker";
    process.name = name;
    process.daemon = pool.daemon;
    process.starter = pool.session;
    process.pool = pool.handle;
  }

  /** Not in the constructor: a warm host calls back inside `use`, and the pool must have this worker by then. */
  start(): void {
    this.host.use(this);
    this.host.process.changed();
  }

  get pid(): number {
    return this.host.process.pid ?? 0;
  }

  get idle(): boolean {
    return this.state === "ready" && this.inflight.length === 0;
  }

  /** How many tasks can be given now. */
  room(): number {
    if (this.state !== "ready" || !this.host.isReady) return 0;
    const remaining = this.pool.maxTasksPerChild - this.#given;
    const inflight = this.inflight.length;
    if (inflight === 0) return Math.min(remaining, this.host.tasks ? maxDepth : 1);
    if (!this.host.tasks || this.#full || this.inflight[0]!.stopping || this.isStuck(this.pool.engine.clock.now()))
      return 0;
    const depth = this.#depth();
    // Batches: it is given more only after it has done half, so that tasks travel in few messages.
    if (inflight > depth / 2) return 0;
    if (this.inflight.reduce((bytes, task) => bytes + this.sentBytes(task), 0) > maxAheadBytes) return 0;
    return Math.min(remaining, depth - inflight);
  }

  /** The error of a task that is too large for this worker; null: the task fits. */
  whyNot({ batch }: Task): PolyprocError | null {
    return this.#tooLarge(batch.items, "the argument");
  }

  /** How many bytes of the task's payload are sent to this worker, if the task is given to it. */
  sentBytes({ batch }: Task): number {
    return this.host.session?.peer.takesBlocks && storedBytes(batch.items) ? 0 : batch.bytes;
  }

  isStuck(now: number): boolean {
    const head = this.inflight[0];
    return head !== undefined && now - this.headSince > Math.max(stuckMs, 5 * head.job.taskMs);
  }

  /** Gives it at most `room` tasks. Returns those for which its task channel has no room. */
  give(tasks: Task[]): Task[] {
    const engine = this.pool.engine;
    const session = this.host.session!;
    const wasIdle = this.inflight.length === 0;
    const messages = tasks.map((task) => {
      task.seq = this.#numbers.next();
      return taskMessage(task, this.#targets.numberOf(task.job));
    });
    const targets = this.#targets.takeNew();
    this.#loading ||= wasIdle && targets[0]?.id === messages[0]!.target;
    // The packets go before the message: a host that has a task and finds no packet for it treats it as taken back.
    const packets = this.host.tasks ? messages.map((message) => packetOf(message, session.peer)) : [];
    const given = this.host.tasks?.write(packets) ?? tasks.length;
    // Users who have many pipes get small ones.
    this.#full = given < tasks.length;
    this.#numbers.unused(tasks.length - given);
    if (given === 0 && wasIdle) this.host.expel("it filled its task channel");
    for (const task of tasks.slice(0, given)) {
      task.state = "sent";
      task.worker = this;
      for (const handle of payloadHandles(task.batch.items)) engine.registry.retain(session, handle);
      this.inflight.push(task);
    }
    this.#given += given;
    const sent = messages.filter((message, i) => i < given && packets[i] !== message);
    if (targets.length + sent.length > 0) this.host.send({ ...(targets.length > 0 && { targets }), tasks: sent });
    if (wasIdle && given > 0) this.#headBegan();
    return tasks.slice(given);
  }

  /**
   * Takes back up to `max` tasks that the worker has not begun, the next ones first. Returns them in order. The caller
   * has to queue or end them. By default all of them.
   */
  takeBack(max = maxDepth): Task[] {
    if (!this.host.tasks || this.inflight.length === 0) return [];
    const seqs = this.host.tasks.takeBack(max);
    if (seqs.length === 0) return [];
    const first = findNumbered(this.inflight, seqs);
    if (first === -1) {
      this.host.expel("it wrote into its task channel");
      return [];
    }
    this.#full = false;
    const taken = this.inflight.splice(first, seqs.length);
    this.#given -= taken.length;
    const session = this.host.session!;
    for (const task of taken) {
      task.worker = null;
      task.state = "queued";
      if (!session.ended)
        for (const handle of payloadHandles(task.batch.items)) this.pool.engine.registry.release(session, handle);
    }
    if (first === 0) {
      // The head counted as running, but its packet was still there: the worker has not begun it.
      const [next] = taken as [Task];
      next.job.requeued(next.batch, next.from, next.to, next.attempt);
      if (this.inflight.length > 0) this.#headBegan();
      else this.#headEnded();
    }
    return taken;
  }

  /** Asks the running task to stop. The worker is killed if the task still runs after `graceMs`. */
  stop(task: Task, reason: "Cancelled" | "TimedOut", graceMs: number): void {
    if (task.stopping) {
      // A cancelled task is not retried, also if it timed out before.
      if (reason === "Cancelled") task.stopping = reason;
      return;
    }
    task.stopping = reason;
    this.host.cancelTask(task.seq, reason, task.from);
    this.#timers.startGrace(graceMs, () => {
      if (task.stopping === "Cancelled") this.host.process.dismiss();
      else this.host.process.kill();
    });
  }

  retire(): void {
    if (this.state === "retiring" || this.state === "gone") return;
    this.state = "retiring";
    this.host.retire();
    this.host.process.dismissed = true;
    this.#retireTimer = this.pool.engine.guard.after(retireMs, this.pool, () => this.host.process.kill());
  }

  kill(): void {
    this.state = "retiring";
    this.host.process.dismiss();
  }

  endAfterFault(error: PolyprocError): void {
    this.pool.endAfterFault(error);
  }

  // Reports of the host.

  ready(): void {
    // A worker that was ended while it started has been killed, and its pool may have let go of the initargs.
    if (this.state !== "starting") return;
    const { pool } = this;
    const refusal = pool.initargs && this.#tooLarge(pool.initargs, "initargs");
    if (refusal) {
      this.initialized(refusal.toErrorObject());
      return;
    }
    if (pool.initargs) pool.engine.registry.retainPayload(pool.initargs);
    if (pool.initargs) pool.engine.registry.deliverPayload(this.host.session!, pool.initargs);
    this.host.send(firstMessage(pool, this.host.process));
    if (!pool.initializer) this.#isReady();
  }

  initialized(error: Params<typeof workers.initialized>["error"]): void {
    if (this.state !== "starting") return;
    if (!error) {
      this.#isReady();
      return;
    }
    this.pool.dropQueued(this.runtime, {
      ...error,
      message: `the pool's initializer ${describeTarget(this.pool.initializer!)} failed: ${error.message}`,
    });
    this.retire();
  }

  part(part: Params<typeof workers.part>): void {
    const task = this.#reported(part);
    if (!task) return;
    if (part.next !== part.from + part.count) {
      this.host.expel(`after items ${part.from}+${part.count} of task ${part.seq} it began item ${part.next}`);
      return;
    }
    this.#numbers.acknowledge(part.seq);
    if (part.count === 0) {
      this.#loading = false;
      this.headSince = this.pool.engine.clock.now();
      this.#watchDeadline();
      return;
    }
    const outcome = knownOutcome(this.pool.engine.registry, part);
    this.pool.outcome(task, { ...outcome, from: part.from, count: part.count }, this.pid, part.ms ?? this.#elapsed());
    task.from = part.next;
    this.host.progress.clear();
    // The timeout is for each item: the next item starts with all of it.
    if (task.stopping === "TimedOut") {
      task.stopping = null;
      this.#timers.endGrace();
    }
    this.headSince = this.pool.engine.clock.now();
    this.#watchDeadline();
  }

  report(report: Params<typeof workers.report>): void {
    showProgress(this.host.progress, this.inflight[0], report);
  }

  result(result: Params<typeof workers.result>): void {
    const task = this.#reported(result);
    if (!task) return;
    if (result.from + result.count !== task.to) {
      this.host.expel(
        `its result for task ${result.seq} ends at item ${result.from + result.count} instead of ${task.to}`,
      );
      return;
    }
    const outcome = knownOutcome(this.pool.engine.registry, result);
    this.#numbers.acknowledge(result.seq);
    const ms = result.ms ?? this.#elapsed();
    this.#loading = false;
    this.#full = false;
    this.inflight.shift();
    this.#timers.endGrace();
    this.pool.engine.output.flush(this.host.process);
    task.worker = null;
    task.from = task.to;
    if (this.inflight.length > 0) this.#headBegan();
    else this.#headEnded();
    task.job.taskMs = task.job.taskMs === 0 ? Math.max(ms, 0.001) : task.job.taskMs * 0.8 + ms * 0.2;
    if (result.count > 0) this.pool.outcome(task, { ...outcome, from: result.from, count: result.count }, this.pid, ms);
    task.over();
    if (this.#given >= this.pool.maxTasksPerChild && this.inflight.length === 0) this.retire();
    this.pool.dispatch.schedule();
  }

  gone(status: ExitStatus): void {
    const started = this.state !== "starting";
    this.state = "gone";
    this.#timers.end();
    this.#retireTimer?.cancel();
    // A task that the worker reported on, or was asked to stop, counts as begun even if its packet is still there.
    const begun = (task: Task) => this.#numbers.isAcknowledged(task) || task.stopping !== null;
    const back = this.takeBack();
    const untouched = back.filter((task) => !begun(task));
    for (const task of this.inflight) task.worker = null;
    const lost = [...back.filter(begun), ...this.inflight.splice(0)];
    const { process } = this.host;
    const death = workerLost(this.host, status, (lines) => this.pool.engine.output.tail(process, lines), started);
    this.onGone();
    this.pool.workerGone(
      this,
      untouched,
      lost,
      death,
      started && (lost.length > 0 || this.#numbers.anyAcknowledged || untouched.length === 0),
    );
  }

  failed(error: PolyprocError): void {
    this.state = "gone";
    this.onGone();
    this.pool.workerGone(this, [], [], error, false);
  }

  #tooLarge(payload: Payload, what: string): PolyprocError | null {
    try {
      this.host.session!.requireFits(payloadBytes(payload), what);
      return null;
    } catch (error) {
      return error as PolyprocError;
    }
  }

  #isReady(): void {
    this.state = "ready";
    this.host.process.changed();
    this.pool.workerReady();
  }

  /** Most tasks at a time. One while their duration is unknown: the first could wait for the second, behind it. */
  #depth(): number {
    const { taskMs } = this.inflight[0]!.job;
    if (taskMs === 0) return 1;
    if (taskMs > 10) return 2;
    return taskMs > 1 ? 8 : maxDepth;
  }

  /** The running task, if the report is valid for it. Null if not: the host is expelled. */
  #reported(report: WorkerReport): Task | null {
    const task = this.inflight[0];
    const fault = reportFault(task, report);
    if (fault === null) return task!;
    this.host.expel(fault);
    return null;
  }

  #headEnded(): void {
    this.host.process.task = null;
    this.host.progress.clear();
    this.pool.engine.events.taskChanged(this.host.process);
    this.#timers.endTimeout();
  }

  #headBegan(): void {
    const task = this.inflight[0]!;
    this.headSince = this.pool.engine.clock.now();
    const startedAt = this.pool.engine.clock.wallTime();
    const { process } = this.host;
    this.host.progress.clear();
    process.task = { job: task.job.handle, index: task.index, startedAt };
    process.source = task.job.source;
    this.pool.engine.events.taskChanged(process);
    this.pool.began(task, this.pid, startedAt);
    this.#watchDeadline();
  }

  /** Restarts the timeout, for the item that runs now. */
  #watchDeadline(): void {
    const limit = this.inflight[0]?.job.timeoutMs ?? null;
    this.#timers.restart(limit !== null && this.#loading ? Math.max(limit, loadingMs) : limit, () => {
      // Read the report channel first: the item may have ended already, and its result be there.
      this.host.host?.reports?.pull();
      const task = this.inflight[0];
      if (task && !this.#timers.isRunning) this.stop(task, "TimedOut", task.job.graceMs);
    });
  }

  #elapsed(): number {
    return Math.round((this.pool.engine.clock.now() - this.headSince) * 1000) / 1000;
  }
}
