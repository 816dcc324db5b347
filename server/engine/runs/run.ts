import { errorCodes, type PolyprocError } from "../../../protocol/errors.js";
import { failsForAll } from "../../../protocol/fails-for-all.js";
import type { ResultEntry, TaskInput } from "../../../protocol/job.js";
import type { Params, Result } from "../../../protocol/message.js";
import type { Halt, RunInfo } from "../../../protocol/run.js";
import type * as runs from "../../../protocol/run.js";
import type { Progress } from "../../../protocol/progress.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import { describeTarget } from "../../../protocol/describe-target.js";
import type { Account } from "../budget.js";
import type { Principal } from "../guard.js";
import { Job, type JobObserver } from "../pools/job.js";
import { kept } from "../kept.js";
import { originMark, type Origin } from "../origin.js";
import { PackedPayloads } from "../packed-payloads.js";
import { listOfAll } from "../payload-list.js";
import { Pool } from "../pools/pool.js";
import type { SharedObject } from "../registry.js";
import type { RunDependencies } from "./dependencies.js";
import { RunChunks } from "./run-chunks.js";
import { RunItems, type RunItem } from "./run-items.js";
import { RunOutcomes, valuesOf } from "./run-outcomes.js";
import type { OutputSegment } from "../output-segment.js";
import { RunOutput } from "./run-output.js";
import { RunReaders } from "./run-readers.js";
import { RunReplay } from "./run-replay.js";
import { RunWaits } from "./run-waits.js";
import { bytesOf, payloadsOf, type RunSpec } from "./run-spec.js";
import { runsSessionId, serverPeer } from "../server-peer.js";
import { Session } from "../session.js";
import type { Task } from "../pools/task.js";
import { Wait } from "../wait.js";

type ReadResult = Result<typeof runs.read>;

const defaultMaxResultBytes = 64 * 1024 * 1024;

/** A map that belongs to the server: its pool, its job, and the state of its items, until it is forgotten. */
export class Run implements SharedObject, JobObserver, Principal {
  readonly handle: Handle;
  readonly engine: RunDependencies;
  readonly spec: Omit<RunSpec, "items">;
  /** One payload for each item. */
  readonly items: PackedPayloads;
  readonly name: string;
  readonly pool: Pool;
  readonly job: Job;
  readonly output: RunOutput;
  readonly waits: RunWaits;
  /** Memory of its items and `meta`. */
  readonly specBytes: number;
  /** The account to which its items and `meta` are charged. */
  readonly #account: Account;
  /** The session that started it. */
  readonly #starter: string;
  /** A session of its own, which ends with the run: its queued bytes count for no other session. */
  readonly #session: Session;
  readonly #items: RunItems;
  readonly #outcomes: RunOutcomes;
  readonly #chunkSize: number;
  readonly #chunks: RunChunks;
  readonly #halt: Halt | null;
  /** Null: every item runs. */
  readonly #replay: RunReplay | null;
  readonly #startedAt: number;
  readonly #readers: RunReaders;
  readonly #waiters = new Set<Wait<RunInfo>>();
  readonly #onEnded: (run: Run) => void;
  #state: RunInfo["state"] = "running";
  #endedAt: number | null = null;

  /**
   * Throws TargetNotFound if there is no runtime for the target, InvalidParams for a cache that it cannot have.
   * `number`: number of the run on this server, from 1.
   */
  constructor(engine: RunDependencies, starter: Session, spec: RunSpec, number: number, onEnded: (run: Run) => void) {
    this.engine = engine;
    this.handle = spec.run;
    this.#account = starter.account;
    const compact = (payload: Payload) => kept(payload, this.#account).payload;
    const { items, cluster, ...rest } = spec;
    this.spec = {
      ...rest,
      ...(cluster === undefined ? {} : { cluster: engine.options.clusters.shown(cluster) }),
      ...(spec.meta === undefined ? {} : { meta: compact(spec.meta) }),
    };
    this.items = new PackedPayloads(items.length, (index) => items[index], compact);
    this.output = new RunOutput(engine.budget.server);
    this.waits = new RunWaits(engine.budget.server);
    this.name = spec.name ?? describeTarget(spec.target);
    this.#starter = starter.id;
    this.#onEnded = onEnded;
    this.#startedAt = engine.clock.wallTime();
    this.#items = new RunItems(spec.items.length);
    this.#outcomes = new RunOutcomes(
      engine.registry,
      spec.maxResultBytes ?? defaultMaxResultBytes,
      engine.budget.server,
    );
    this.#chunkSize = "command" in spec.target || spec.cache ? 1 : (spec.chunkSize ?? 1);
    this.#chunks = new RunChunks(spec.items, this.#chunkSize);
    this.#readers = new RunReaders(this, this.#items, this.#outcomes, this.#chunks);
    this.#halt = spec.halt ?? null;
    this.specBytes = bytesOf(spec);
    this.#session = new Session(engine, runsSessionId, serverPeer, null);
    this.#session.clientPid = engine.options.pid;
    this.#session.onBehalfOf = { owner: starter.owner, clientPid: starter.clientPid };
    const poolHandle = `pool:${runsSessionId}.${number}`;
    this.pool = engine.registry.create(
      this.#session,
      poolHandle,
      Pool,
      () =>
        new Pool(engine, this.#session, poolHandle, {
          processes: spec.processes,
          cwd: spec.cwd,
          env: spec.env,
          name: this.name,
          run: this.handle,
          cluster,
          needs: spec.needs,
        }),
    );
    try {
      this.job = new Job(
        `job:${runsSessionId}.${number}`,
        this.pool,
        this.#session,
        { ...spec, name: this.name, mode: "map" },
        this,
      );
      const cache = spec.cache && engine.options.openRunCache(spec);
      this.#replay = cache ? new RunReplay(this, cache, this.#items, this.#outcomes) : null;
      for (const payload of payloadsOf(spec)) engine.registry.retainPayload(payload);
    } catch (error) {
      this.#session.end(false);
      throw error;
    }
    this.#account.charge(this.specBytes);
  }

  /** Submits the tasks. Not in the constructor: the job may call this object at once. */
  begin(): void {
    if (this.#items.total === 0) this.#finish();
    else if (this.#replay) this.#replay.begin();
    else this.job.submit(this.#tasks());
    this.#changed();
  }

  #tasks(): TaskInput[] {
    const items = [...this.items];
    return this.#chunks.starts.map((index) => {
      const chunk = items.slice(index, this.#chunks.after(index, items.length));
      return { index, count: chunk.length, items: listOfAll(chunk) };
    });
  }

  get ended(): boolean {
    return this.#endedAt !== null;
  }

  /** Rough memory of the run. */
  get bytes(): number {
    return this.specBytes + this.#outcomes.bytes + this.output.bytes + this.waits.bytes + (this.#replay?.bytes ?? 0);
  }

  describeRun(): RunInfo {
    return {
      run: this.handle,
      name: this.name,
      target: describeTarget(this.spec.target),
      state: this.#state,
      pool: this.pool.handle,
      job: this.job.handle,
      processes: this.pool.processes,
      chunkSize: this.#chunkSize,
      total: this.#items.total,
      ...this.#items.counts,
      ...(this.#replay ? { cached: this.#items.cached } : {}),
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      session: this.#starter,
      ...(this.pool.cluster === null ? {} : { cluster: this.pool.cluster }),
    };
  }

  /** The mark of an answer with payloads of this run. */
  originMark(session: Session): { origin?: Origin } {
    return originMark(session, this.#session.owner);
  }

  /** Entries after a position. Waits while there are none, unless the run has ended. */
  read(session: Session, since: number, limit?: number, timeoutMs?: number | null): ReadResult | Wait<ReadResult> {
    return this.#readers.read(session, since, limit, timeoutMs);
  }

  /** Drops about `bytes` bytes: the oldest results first, then output. */
  free(bytes: number): void {
    const before = this.#outcomes.bytes;
    this.#outcomes.free(bytes);
    this.output.free(bytes - (before - this.#outcomes.bytes));
  }

  outputOf(index: number): Result<typeof runs.outputOf> {
    return this.output.of(this.#chunkOf(index));
  }

  /** The worker that runs this item wrote these lines. */
  wrote(index: number, segment: OutputSegment): void {
    this.output.push(this.#chunkOf(index), segment);
    this.#replay?.wrote(index);
  }

  wait(session: Session, timeoutMs: number | null | undefined): RunInfo | Wait<RunInfo> {
    if (this.ended) return this.describeRun();
    const wait: Wait<RunInfo> = new Wait<RunInfo>(session, {
      timeoutMs,
      onLeave: () => this.#waiters.delete(wait),
      about: { object: this, reason: "unfinished" },
    });
    this.#waiters.add(wait);
    return wait;
  }

  /** Cancels these items with their chunks, or all items. Returns how many. */
  cancel({ indexes, waiting, graceMs }: Pick<Params<typeof runs.cancel>, "indexes" | "waiting" | "graceMs">): number {
    if (this.#items.areOver) return 0;
    if (!indexes) this.job.retries = 0;
    const chunks = indexes && [
      ...new Set(indexes.filter((index) => index < this.#items.total).map((index) => this.#chunkOf(index))),
    ];
    const before = this.#items.counts.cancelled;
    this.#replay?.drop(indexes);
    this.job.cancel(chunks, graceMs, waiting);
    // What still runs of them was asked to stop. Not counted before: what was taken for begun may not have been.
    const cancelled = this.#items.counts.cancelled - before + (waiting ? 0 : this.#runningIn(chunks));
    if (!indexes && cancelled > 0 && this.#state === "running") this.#state = "cancelled";
    this.#changed();
    return cancelled;
  }

  /** Releases everything. The run has ended. */
  unreferenced(): void {
    this.#outcomes.clear();
    this.output.free(this.output.bytes);
    this.waits.clear();
    this.#replay?.clear();
    this.#account.release(this.specBytes);
    for (const payload of payloadsOf({ ...this.spec, items: this.items })) this.engine.registry.dropPayload(payload);
  }

  // Events of the job.

  began(task: Task, pid: number, startedAt: number): void {
    for (let index = task.index; index < task.batch.index + task.to; index++) {
      this.#items.set(index, { state: "running", pid, attempt: task.attempt, startedAt, ms: null });
    }
    this.#changed();
  }

  located(task: Task, host: string): void {
    for (let index = task.index; index < task.batch.index + task.to; index++) {
      const old = this.#items.get(index);
      if (old.state === "running") this.#items.set(index, { ...old, host });
    }
    this.#changed();
  }

  requeued(index: number, count: number, attempt: number): void {
    for (let i = index; i < index + count; i++)
      this.#items.set(i, { ...this.#items.get(i), state: "queued", attempt, ms: null });
    this.#changed();
  }

  progressed(index: number, progress: Progress): void {
    if (this.#items.setProgress(index, progress)) this.#readers.changed();
  }

  settled(entry: ResultEntry, attempt: number): void {
    const { index, count, error } = entry;
    const outcomes = error ? error : valuesOf(entry);
    // Retained first: keeping these may drop an older outcome, which may hold the last reference to the same object.
    if (entry.values) this.engine.registry.retainPayload(entry.values);
    const ms = Math.round((entry.ms / count) * 1000) / 1000;
    const now = this.engine.clock.wallTime();
    for (let i = 0; i < count; i++) {
      const outcome = Array.isArray(outcomes) ? { value: outcomes[i]! } : { error: outcomes };
      const state = "value" in outcome ? "done" : outcome.error.code === errorCodes.Cancelled ? "cancelled" : "failed";
      const old = this.#items.get(index + i);
      this.#outcomes.keep(index + i, outcome);
      // The host does not report the time of an item that was killed, so it is computed here.
      const ranMs =
        entry.ms === 0 && old.state === "running" && old.startedAt !== null ? Math.max(0, now - old.startedAt) : ms;
      this.#items.set(index + i, {
        state,
        pid: entry.pid || old.pid,
        ...(entry.host === undefined ? {} : { host: entry.host }),
        attempt,
        startedAt: this.#begin(old, now - ms * (count - i)),
        ms: ranMs,
      });
    }
    if (this.#replay && Array.isArray(outcomes)) this.#replay.succeeded(index, outcomes[0]!, ms);
    if (entry.values) this.engine.registry.dropPayload(entry.values);
    this.#checkHalt(error);
    this.moved();
  }

  /** Items have their outcomes. */
  moved(): void {
    if (this.#items.areOver) this.engine.guard.soon(this, () => this.#finish());
    this.#changed();
  }

  /** When an item with an outcome began. Items of one chunk run one after the other. */
  #begin({ startedAt }: RunItem, reckoned: number): number | null {
    return startedAt === null || this.#chunkSize === 1 ? startedAt : Math.max(startedAt, reckoned);
  }

  #checkHalt(error: ResultEntry["error"]): void {
    if (this.#state !== "running") return;
    const isHopeless = error !== undefined && failsForAll(error, this.spec.target);
    const isReached = this.#halt !== null && this.#items.counts.failed >= this.#halt.failures;
    if (!isHopeless && !isReached) return;
    this.#state = "halted";
    this.job.retries = 0;
    this.#replay?.drop();
    this.job.cancel(undefined, null, !(isReached && this.#halt?.now));
  }

  /** Every item has its outcome: the workers end. */
  #finish(): void {
    if (this.pool.state === "running") this.pool.close();
    else if (this.pool.state === "terminated" && this.#items.counts.cancelled > 0 && this.#state === "running")
      this.#state = "cancelled";
    if (this.#state === "running") this.#state = "done";
    this.#changed();
    const gone = this.pool.whenGone(this.#session);
    if (gone) gone.onSettled(() => this.#close());
    else this.#close();
  }

  /** Its workers have exited. */
  #close(): void {
    if (this.#replay) this.#replay.close(() => this.#end());
    else this.#end();
  }

  /** Items without an outcome fail with the error, and the run ends. */
  endAfterFault(error: PolyprocError): void {
    this.pool.terminate(error.message);
    const gone = this.pool.whenGone(this.#session);
    if (gone) gone.onSettled(() => this.#abandon(error));
    else this.#abandon(error);
  }

  #abandon(error: PolyprocError): void {
    if (this.ended) return;
    for (let index = 0; index < this.#items.total; index++) {
      if (this.#items.isOver(index)) continue;
      this.#outcomes.keep(index, { error: error.toErrorObject() });
      this.#items.set(index, { ...this.#items.get(index), state: "failed", ms: 0 });
    }
    if (this.#state === "running") this.#state = "cancelled";
    this.#replay?.close(() => {});
    this.#end();
  }

  #end(): void {
    if (this.ended) return;
    this.#endedAt = this.engine.clock.wallTime();
    this.#session.end(false);
    this.#items.log.compact();
    this.#outcomes.seal(this.#items.total);
    this.#readers.flush();
    const info = this.describeRun();
    for (const wait of [...this.#waiters]) wait.resolve(info);
    this.#waiters.clear();
    this.engine.events.runChanged(this, false);
    this.#onEnded(this);
  }

  #runningIn(chunks: number[] | undefined): number {
    if (!chunks) return this.#items.counts.running;
    const { total } = this.#items;
    return chunks.reduce((sum, at) => sum + this.#items.runningBetween(at, this.#chunks.after(at, total)), 0);
  }

  #chunkOf(index: number): number {
    return this.#chunks.of(index);
  }

  #changed(): void {
    this.engine.events.runChanged(this, false);
    this.#readers.changed();
  }
}
