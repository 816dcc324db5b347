import type { PolyprocError } from "../../../protocol/errors.js";
import type { Params } from "../../../protocol/message.js";
import { payloadData, payloadHandles, type Payload } from "../../../protocol/schema.js";
import { describeTarget } from "../../../protocol/describe-target.js";
import type { ModuleTarget, SourceTarget } from "../../../protocol/target.js";
import type * as workers from "../../../protocol/worker.js";
import type { Timer } from "../clock.js";
import type { HostRecord, HostUser } from "../processes/host.js";
import type { Pool } from "./pool.js";
import type { ExitStatus } from "../processes/spawner.js";
import type { Task } from "./task.js";
import { knownOutcome, reportFault, type WorkerReport } from "./worker-report.js";
import { workerLost } from "./worker-lost.js";

/** At most this many tasks are with one worker: fewer than half of what a claim's byte can tell apart. */
const maxDepth = 32;
/**
 * So many tasks may be given to a worker beyond the last one that it told of. One that does not get round to reading knows tasks that were taken back
 * long ago, and not yet those that came after: no claim's byte may mean two of them.
 */
const maxUnheard = 128;
/** Beyond one task, no more than this is sent ahead to a worker. */
const maxAheadBytes = 256 * 1024;
/** A task that runs longer than this, and much longer than usual, must not have others wait behind it. */
const stuckMs = 5;
/** Until its target is loaded, a task has at least this long, whatever its limit is. */
const loadingMs = 10_000;
/** A worker that was told to end by itself is killed after this time. */
const retireMs = 5000;

/** One worker process of a pool: what it was given, what it runs, and its end. */
export class PoolWorker implements HostUser {
  readonly pool: Pool;
  readonly runtime: string;
  readonly host: HostRecord;
  state: "starting" | "ready" | "retiring" | "gone" = "starting";
  /** In the order in which it runs them; the first is the one that runs now. */
  readonly inflight: Task[] = [];
  /** Since when the first has been running, on the engine's clock. */
  headSince = 0;
  /** What runs first has to be loaded; the host says when it has been. */
  #loading = false;
  #aheadBytes = 0;
  #given = 0;
  #nextSeq = 0;
  /** Number of the next task after the last one that it told of. */
  #heardSeq = 0;
  readonly #targets = new Map<string, number>();
  #deadline: Timer | undefined;
  #graceTimer: Timer | undefined;
  #retireTimer: Timer | undefined;

  constructor(pool: Pool, runtime: string, name: string) {
    this.pool = pool;
    this.runtime = runtime;
    this.host = pool.engine.hosts.take({ runtime, owner: pool.session.owner });
    const { process } = this.host;
    process.role = "worker";
    process.name = name;
    process.starter = pool.session;
    process.pool = pool.handle;
  }

  /** Apart from the constructor, since it may call back at once. */
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

  /** How many more tasks it may be given now. */
  room(): number {
    if (this.state !== "ready" || !this.host.isReady) return 0;
    const left = this.pool.maxTasksPerChild - this.#given;
    const inflight = this.inflight.length;
    if (inflight === 0) return Math.min(left, this.host.claims ? Math.min(maxDepth, this.#unheardRoom()) : 1);
    if (!this.host.claims || this.#aheadBytes > maxAheadBytes || this.inflight[0]!.stopping || this.isStuck(this.pool.engine.clock.now())) return 0;
    const depth = this.#depth();
    // In few messages: half of what it may have, once it has done the other half.
    if (inflight > depth / 2) return 0;
    return Math.min(left, depth - inflight, this.#unheardRoom());
  }

  /** Why it cannot be sent this task at all; null: it can. */
  whyNot({ batch }: Task): PolyprocError | null {
    return this.#tooLarge(batch.items, "the argument");
  }

  isStuck(now: number): boolean {
    const head = this.inflight[0];
    return head !== undefined && now - this.headSince > Math.max(stuckMs, 5 * head.job.taskMs);
  }

  /** Gives it tasks in this order. The caller has looked at `room`. False if that is impossible: it is ended then, and the tasks are untouched. */
  give(tasks: Task[]): boolean {
    const engine = this.pool.engine;
    // Before the message: a host that finds a task in its list and no byte knows that it was taken back.
    if (this.host.claims && !this.host.host!.claims!.offer(tasks.map((_, i) => (this.#nextSeq + i) & 255))) {
      this.host.expel("it filled its claims pipe");
      return false;
    }
    const session = this.host.session!;
    const wasIdle = this.inflight.length === 0;
    const targets: { id: number; target: ModuleTarget | SourceTarget }[] = [];
    const messages: workers.WorkerTask[] = [];
    for (const task of tasks) {
      const { batch, job } = task;
      task.state = "sent";
      task.worker = this;
      task.seq = this.#nextSeq++;
      let target = this.#targets.get(job.targetKey);
      if (target === undefined) {
        target = this.#targets.size;
        this.#targets.set(job.targetKey, target);
        this.#loading ||= this.inflight.length === 0;
        targets.push({ id: target, target: job.target as ModuleTarget | SourceTarget });
      }
      const message: workers.WorkerTask = { seq: task.seq, target, mode: job.mode, items: batch.items, count: batch.count, job: job.handle, index: batch.index };
      if (task.from !== 0) message.from = task.from;
      if (task.to !== batch.count) message.to = task.to;
      if (task.exact) message.exact = true;
      messages.push(message);
      for (const handle of payloadHandles(batch.items)) engine.registry.retain(session, handle);
      this.inflight.push(task);
      this.#aheadBytes += batch.bytes;
    }
    this.#given += tasks.length;
    this.host.send(targets.length > 0 ? { targets, tasks: messages } : { tasks: messages });
    if (wasIdle) this.#headBegan();
    return true;
  }

  /** Takes back up to `max` of the tasks that it has not begun, the next ones first. They are queued no more and with nobody. */
  takeBack(max: number): Task[] {
    // When it cannot be given another before it has told of something, it has to keep something that it can tell of.
    const most = this.state === "gone" || this.#unheardRoom() > 0 ? max : Math.min(max, this.inflight.length - 1);
    if (!this.host.claims || this.inflight.length === 0 || most === 0) return [];
    const bytes = this.host.host!.claims!.takeBack(most);
    if (bytes.length === 0) return [];
    const first = this.inflight.findIndex((task) => (task.seq & 255) === bytes[0]);
    const areOurs = first !== -1 && bytes.every((byte, i) => byte === ((this.inflight[first + i]?.seq ?? -1) & 255) && first + i < this.inflight.length);
    if (!areOurs) {
      this.host.expel("it wrote into its claims pipe");
      return [];
    }
    const taken = this.inflight.splice(first, bytes.length);
    this.#given -= taken.length;
    const session = this.host.session!;
    for (const task of taken) {
      this.#letGo(task);
      task.state = "queued";
      if (!session.ended) for (const handle of payloadHandles(task.batch.items)) this.pool.engine.registry.release(session, handle);
    }
    if (first === 0) {
      // It was taken for begun, being the next one.
      const [next] = taken as [Task];
      next.job.requeued(next.batch, next.from, next.to, next.attempt);
      if (this.inflight.length > 0) this.#headBegan();
      else this.#headEnded();
    }
    return taken;
  }

  /** Asks the task that runs to stop; its worker is killed when it does not. */
  stop(task: Task, reason: "Cancelled" | "TimedOut", graceMs: number): void {
    if (task.stopping) {
      // One that has run into its limit and is cancelled then is not tried again.
      if (reason === "Cancelled") task.stopping = reason;
      return;
    }
    task.stopping = reason;
    this.host.cancelTask(task.seq, reason, task.from);
    this.#graceTimer?.cancel();
    this.#graceTimer = this.pool.engine.guard.after(graceMs, this.pool, () => this.host.process.kill());
  }

  retire(): void {
    if (this.state === "retiring" || this.state === "gone") return;
    this.state = "retiring";
    this.host.retire();
    this.#retireTimer = this.pool.engine.guard.after(retireMs, this.pool, () => this.host.process.kill());
  }

  kill(): void {
    this.state = "retiring";
    this.host.process.kill();
  }

  endAfterFault(error: PolyprocError): void {
    this.pool.endAfterFault(error);
  }

  // What the host tells.

  ready(): void {
    const { pool } = this;
    const { process } = this.host;
    const refusal = pool.initargs && this.#tooLarge(pool.initargs, "initargs");
    if (refusal) {
      this.initialized(refusal.toErrorObject());
      return;
    }
    if (pool.initargs) pool.engine.registry.retainPayload(pool.initargs);
    if (pool.initargs) pool.engine.registry.deliverPayload(this.host.session!, pool.initargs);
    this.host.send({
      identity: { process: process.handle, name: process.name, daemon: true, parentPid: pool.session.process?.pid ?? pool.session.clientPid, parentName: pool.session.process?.name ?? "MainProcess" },
      ...(pool.initializer ? { initializer: { target: pool.initializer as ModuleTarget | SourceTarget, ...(pool.initargs ? { args: pool.initargs } : {}) } } : {}),
      tasks: [],
    });
    if (!pool.initializer) this.#isReady();
  }

  initialized(error: Params<typeof workers.initialized>["error"]): void {
    if (this.state !== "starting") return;
    if (!error) {
      this.#isReady();
      return;
    }
    this.pool.initializerFailed(this.runtime, { ...error, message: `the pool's initializer ${describeTarget(this.pool.initializer!)} failed: ${error.message}` });
    this.retire();
  }

  part(part: Params<typeof workers.part>): void {
    const task = this.#reported(part);
    if (!task) return;
    if (part.next !== part.from + part.count) {
      this.host.expel(`after items ${part.from}+${part.count} of task ${part.seq} it began item ${part.next}`);
      return;
    }
    this.#heardSeq = part.seq + 1;
    if (part.count === 0) {
      this.#loading = false;
      this.headSince = this.pool.engine.clock.now();
      this.#watchDeadline();
      return;
    }
    const outcome = knownOutcome(this.pool.engine.registry, part);
    this.pool.outcome(task, { ...outcome, from: part.from, count: part.count }, this.pid, part.ms ?? this.#elapsed());
    task.from = part.next;
    // The limit is each item's own: the next one starts afresh.
    if (task.stopping === "TimedOut") {
      task.stopping = null;
      this.#graceTimer?.cancel();
    }
    this.headSince = this.pool.engine.clock.now();
    this.#watchDeadline();
  }

  result(result: Params<typeof workers.result>): void {
    const task = this.#reported(result);
    if (!task) return;
    if (result.from + result.count !== task.to) {
      this.host.expel(`its result for task ${result.seq} ends at item ${result.from + result.count} instead of ${task.to}`);
      return;
    }
    const outcome = knownOutcome(this.pool.engine.registry, result);
    this.#heardSeq = result.seq + 1;
    const ms = result.ms ?? this.#elapsed();
    this.#loading = false;
    this.inflight.shift();
    this.#graceTimer?.cancel();
    this.pool.engine.output.flush(this.host.process);
    this.#letGo(task);
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
    this.#deadline?.cancel();
    this.#graceTimer?.cancel();
    this.#retireTimer?.cancel();
    // A task that it told of, or that it was asked to stop, counts as begun, whatever its claims say.
    const begun = (task: Task) => task.seq < this.#heardSeq || task.stopping !== null;
    const back = this.takeBack(maxDepth * 4);
    const untouched = back.filter((task) => !begun(task));
    for (const task of this.inflight) this.#letGo(task);
    const lost = [...back.filter(begun), ...this.inflight.splice(0)];
    const { process } = this.host;
    const death = workerLost(this.host, status, this.pool.engine.output.tail(process), started);
    this.pool.workerGone(this, untouched, lost, death, started && (lost.length > 0 || this.#heardSeq > 0 || untouched.length === 0));
  }

  failed(error: PolyprocError): void {
    this.state = "gone";
    this.pool.workerGone(this, [], [], error, false);
  }

  #tooLarge(payload: Payload, what: string): PolyprocError | null {
    try {
      this.host.session!.requireFits(payloadData(payload).length, what);
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

  /** How many tasks it may have at a time. One while nothing is known of them: the first may never end, and the next one may be what it waits for. */
  #depth(): number {
    const { taskMs } = this.inflight[0]!.job;
    if (taskMs === 0) return 1;
    if (taskMs > 10) return 2;
    return taskMs > 1 ? 8 : maxDepth;
  }

  /** The task that this is about; null if it cannot be said of the task that runs: the host is ended then. */
  #reported(report: WorkerReport): Task | null {
    const task = this.inflight[0];
    const fault = reportFault(task, report);
    if (fault === null) return task!;
    this.host.expel(fault);
    return null;
  }

  #unheardRoom(): number {
    return maxUnheard - (this.#nextSeq - this.#heardSeq);
  }

  #letGo(task: Task): void {
    task.worker = null;
    this.#aheadBytes -= payloadData(task.batch.items).length;
  }

  #headEnded(): void {
    this.host.process.task = null;
    this.pool.engine.events.taskChanged(this.host.process);
    this.#deadline?.cancel();
    this.#deadline = undefined;
  }

  #headBegan(): void {
    const task = this.inflight[0]!;
    this.headSince = this.pool.engine.clock.now();
    const startedAt = this.pool.engine.clock.wallTime();
    const { process } = this.host;
    process.task = { job: task.job.handle, index: task.index, startedAt };
    process.source = task.job.source;
    this.pool.engine.events.taskChanged(process);
    this.pool.began(task, this.pid, startedAt);
    this.#watchDeadline();
  }

  /** The limit holds for the item that runs. */
  #watchDeadline(): void {
    const limit = this.inflight[0]?.job.timeoutMs ?? null;
    this.#deadline?.cancel();
    this.#deadline = undefined;
    if (limit === null) return;
    this.#deadline = this.pool.engine.guard.after(this.#loading ? Math.max(limit, loadingMs) : limit, this.pool, () => {
      this.#deadline = undefined;
      // It may have done it, and have begun the next.
      this.host.session?.peer.pullAside?.();
      const task = this.inflight[0];
      if (task && this.#deadline === undefined) this.stop(task, "TimedOut", task.job.graceMs);
    });
  }

  #elapsed(): number {
    return Math.round((this.pool.engine.clock.now() - this.headSince) * 1000) / 1000;
  }
}
