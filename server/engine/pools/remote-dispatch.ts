import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { QueuedInfo } from "../../../protocol/waits.js";
import { OncePerTurn, type Principal } from "../guard.js";
import type { ClusterListener, ClusterPool, PackResult } from "./cluster-link.js";
import type { PoolDependencies } from "./dependencies.js";
import type { Dispatch } from "./dispatch.js";
import type { Job } from "./job.js";
import { isOpen, packSize, SentPack } from "./sent-pack.js";
import type { Outcome, Task } from "./task.js";
import { TaskQueue } from "./task-queue.js";

/** The pool, as its dispatch over hosts sees it. */
export interface ClusteredPool extends Principal {
  readonly engine: PoolDependencies;
  readonly state: PoolInfo["state"];
  began(task: Task, pid: number, startedAt: number): void;
  outcome(task: Task, outcome: Outcome, pid: number, ms: number): void;
  drop(task: Task, error: Failure, pid: number): void;
  changed(): void;
  /** The cluster's store holds nothing of the pool any more. */
  commandGone(): void;
}

/** Most packs in the store at a time: their events must fit into its event stream. */
const maxPacks = 16_384;
/** Most packs of a job while the length of its tasks is unknown, so that short ones can be packed. */
const probePacks = 64;
/** After this many milliseconds on a host without an outcome, the tasks of a job count as long. */
const probeMs = 200;

const partOfBlob = new PolyprocError(
  "BadState",
  "the task cannot be retried on a cluster: its items are one value of their language; give each a task of its own",
).toErrorObject();

interface SentJob {
  readonly number: number;
  /** When a host began its first pack, by the engine's clock; null: none has. */
  begunAt: number | null;
  packs: number;
}

/** Dispatch over the hosts of a cluster: tasks are sent in packs, through the cluster's store. */
export class RemoteDispatch implements Dispatch, ClusterListener {
  readonly #pool: ClusteredPool;
  readonly queue = new TaskQueue();
  readonly #link: ClusterPool;
  readonly #packs = new Map<number, SentPack>();
  readonly #packOf = new Map<Task, SentPack>();
  /** Tasks that ran on a host that died: each goes alone. */
  readonly #alone = new Set<Task>();
  readonly #jobs = new Map<Job, SentJob>();
  /** Packs that are to be cancelled at the end of this turn, by their `graceMs`. */
  #cancelling = new Map<number | "waiting", Set<SentPack>>();
  #nextPack = 1;
  #nextJob = 1;
  readonly #pumping: OncePerTurn;
  readonly #sendingCancels: OncePerTurn;
  #begun = 0;
  #state: "open" | "closing" | "closed" = "open";
  #failure: Failure | null = null;

  /** `open` makes the pool in the store. */
  constructor(pool: ClusteredPool, open: (listener: ClusterListener) => ClusterPool) {
    this.#pool = pool;
    this.#sendingCancels = new OncePerTurn(pool.engine.guard, pool, () => this.#sendCancels());
    this.#pumping = new OncePerTurn(pool.engine.guard, pool, () => this.pump());
    this.#link = open(this);
  }

  /** Waiting tasks: of those in the store, the ones that no host has begun. */
  get queued(): number {
    return this.queue.length + this.#packOf.size - this.#begun;
  }

  get workers(): number {
    return this.#begun;
  }

  get empty(): boolean {
    return this.#state === "closed";
  }

  whyQueued(): QueuedInfo["reason"] {
    return this.queue.length === 0 && this.queue.parked > 0 ? "reader" : "hosts";
  }

  busy(): number {
    return this.#begun;
  }

  schedule(): void {
    this.#pumping.schedule();
  }

  pump(): void {
    if (this.#pool.state === "terminated" || this.#pool.engine.ending) return;
    if (this.#failure) {
      for (const task of this.queue.takeAll(() => true)) this.#pool.drop(task, this.#failure, 0);
      return;
    }
    const packs: SentPack[] = [];
    while (this.#packs.size < maxPacks) {
      const task = this.queue.next();
      if (!task || !this.#mayPack(task.job)) break;
      if (task.to - task.from < task.batch.count && !isOpen(task)) {
        this.queue.shift();
        this.#pool.drop(task, partOfBlob, 0);
        continue;
      }
      packs.push(this.#pack(task));
    }
    if (packs.length > 0) this.#link.add(packs);
    this.#pool.changed();
  }

  /** A task that the store has may be with a host, so it cannot be taken back at once. `cancel` removes it. */
  takeBack(): void {}

  cancel(task: Task, graceMs: number | "waiting"): boolean {
    const pack = this.#packOf.get(task);
    if (!pack || (graceMs === "waiting" && pack.begun)) return false;
    if (graceMs !== "waiting") task.stopping = "Cancelled";
    const packs = this.#cancelling.get(graceMs);
    if (packs) packs.add(pack);
    else this.#cancelling.set(graceMs, new Set([pack]));
    this.#sendingCancels.schedule();
    return true;
  }

  holds(task: Task): boolean {
    return this.#packOf.has(task);
  }

  retire(): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#link.close();
  }

  /** The hosts kill what they run once the pool is removed from the store. */
  killWorkers(): void {
    this.retire();
  }

  clear(): void {
    this.queue.clear();
    const error = new PolyprocError("Cancelled", "the pool was terminated").toErrorObject();
    for (const pack of [...this.#packs.values()]) this.#forget(pack, (task) => this.#pool.drop(task, error, 0));
  }

  // Reports of the cluster's store.

  began(id: number): void {
    const pack = this.#packs.get(id);
    if (!pack || pack.begun) return;
    pack.begun = true;
    this.#begun += pack.parts.length;
    const { clock, guard } = this.#pool.engine;
    const sent = this.#jobs.get(pack.parts[0]!.task.job);
    if (sent?.begunAt === null) {
      sent.begunAt = clock.now();
      guard.after(probeMs, this.#pool, () => this.schedule());
    }
    for (const { task } of pack.parts) this.#pool.began(task, 0, clock.wallTime());
  }

  located(id: number, host: string): void {
    for (const { task } of this.#packs.get(id)?.parts ?? [])
      task.job.tellObserver((observer) => observer.located?.(task, host));
  }

  ended(id: number, host: string, results: readonly PackResult[]): void {
    const pack = this.#packs.get(id);
    if (!pack) return;
    this.began(id);
    for (const result of results)
      for (const { task, outcome } of pack.outcomes(result)) {
        const ms = (result.ms * outcome.count) / result.count;
        if (result.pid !== 0) {
          const each = result.ms / result.count;
          task.job.taskMs = task.job.taskMs === 0 ? Math.max(each, 0.001) : task.job.taskMs * 0.8 + each * 0.2;
        }
        this.#pool.outcome(task, { ...outcome, host }, result.pid, ms);
      }
    const missing = new PolyprocError("InternalError", `the host ${host} sent no outcome for this item`);
    for (const { task, from, count } of pack.missing())
      this.#pool.outcome(task, { from, count, error: missing.toErrorObject(), host }, 0, 0);
    this.#forget(pack, (task) => {
      task.from = task.to;
      task.over();
    });
    this.schedule();
  }

  cancelled(id: number): void {
    const error = new PolyprocError("Cancelled", "the task was cancelled").toErrorObject();
    this.#end(id, (task) => this.#pool.drop(task, error, 0));
  }

  split(id: number): void {
    this.#end(id, (task) => {
      task.state = "queued";
      task.job.requeued(task.batch, task.from, task.to, task.attempt);
      this.#alone.add(task);
      this.queue.unshift(task);
    });
  }

  lost(id: number, error: Failure): void {
    this.#end(id, (task) => {
      const { from, to } = task;
      this.#pool.outcome(task, { from, count: to - from, error }, 0, 0);
      task.from = to;
      task.over();
    });
  }

  failed(error: Failure): void {
    this.#failure = error;
    for (const id of [...this.#packs.keys()]) this.lost(id, error);
    this.schedule();
  }

  closed(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#pool.commandGone();
  }

  #end(id: number, settle: (task: Task) => void): void {
    const pack = this.#packs.get(id);
    if (!pack) return;
    this.#forget(pack, settle);
    this.schedule();
  }

  #forget(pack: SentPack, settle: (task: Task) => void): void {
    this.#packs.delete(pack.id);
    if (pack.begun) this.#begun -= pack.parts.length;
    for (const { task } of pack.parts) {
      this.#packOf.delete(task);
      this.#alone.delete(task);
      const job = this.#jobs.get(task.job);
      if (job) job.packs--;
    }
    for (const { task } of pack.parts) settle(task);
  }

  /** False while the job's first tasks run: then it is not known how many make a pack. */
  #mayPack(job: Job): boolean {
    const sent = this.#jobs.get(job);
    if (!sent || job.taskMs > 0 || sent.packs < probePacks) return true;
    return sent.begunAt !== null && this.#pool.engine.clock.now() - sent.begunAt >= probeMs;
  }

  /** Takes the first queued task, and those after it that go into one pack with it. */
  #pack(first: Task): SentPack {
    const { job } = first;
    const sent = this.#describe(job);
    const pack = new SentPack(this.#nextPack++, sent.number, job.priority);
    const size = this.#alone.has(first) ? 1 : packSize(job, this.queue.length);
    for (let task: Task | undefined = first; task; task = this.queue.next()) {
      if (task !== first && (task.job !== job || !pack.mayAdd(task, size) || this.#alone.has(task))) break;
      if (task !== first && !isOpen(first)) break;
      // Each item of a command's chunk is a process of its own.
      const part = job.isCommand ? task.takeFirst() : task;
      if (part === task) this.queue.shift();
      part.state = "sent";
      pack.add(part);
      this.#packOf.set(part, pack);
      sent.packs++;
    }
    this.#packs.set(pack.id, pack);
    return pack;
  }

  #describe(job: Job): SentJob {
    let sent = this.#jobs.get(job);
    if (sent) return sent;
    sent = { number: this.#nextJob++, begunAt: null, packs: 0 };
    this.#jobs.set(job, sent);
    const { target, mode, timeoutMs, graceMs, isOpened: opens } = job;
    this.#link.describe(sent.number, { target, mode, timeoutMs, graceMs, opens });
    return sent;
  }

  #sendCancels(): void {
    const cancelling = this.#cancelling;
    this.#cancelling = new Map();
    for (const [graceMs, packs] of cancelling) {
      const ids = [...packs].filter(({ id }) => this.#packs.has(id)).map(({ id }) => id);
      if (ids.length > 0) this.#link.cancel(ids, graceMs);
    }
  }
}
