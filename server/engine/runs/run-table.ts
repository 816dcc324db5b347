import { PolyprocError } from "../../../protocol/errors.js";
import type { RunInfo } from "../../../protocol/run.js";
import { payloadHandles, type Handle, payloadBytes } from "../../../protocol/schema.js";
import type { RunDependencies } from "./dependencies.js";
import { Run } from "./run.js";
import { bytesOf, payloadsOf, type RunSpec } from "./run-spec.js";
import type { Session } from "../session.js";
import type { Wait } from "../wait.js";

const maxMetaBytes = 16 * 1024 * 1024;
/** Most ended runs that are kept. */
const maxEnded = 200;
/** Most memory of ended runs that are kept. The last one is always kept. */
const maxEndedBytes = 64 * 1024 * 1024;
/** The items of all runs under way may take this many times `maxQueuedBytes`. */
const overload = 4;

/** All runs, from their start until they are forgotten. */
export class RunTable {
  readonly #engine: RunDependencies;
  /** Ordered by start. */
  readonly #runs = new Map<Handle, Run>();
  readonly #byJob = new Map<Handle, Run>();
  readonly #byPool = new Map<Handle, Run>();
  /** Ordered by end. */
  readonly #ended = new Set<Run>();
  #endedBytes = 0;
  #activeBytes = 0;
  #next = 1;
  #onEnded = new Set<() => void>();

  constructor(engine: RunDependencies) {
    this.#engine = engine;
    engine.budget.addReserve((bytes) => this.#free(bytes));
  }

  /** Number of runs under way. */
  get active(): number {
    return this.#runs.size - this.#ended.size;
  }

  /** Calls the listener each time a run ends. */
  onEnded(listener: () => void): void {
    this.#onEnded.add(listener);
  }

  start(session: Session, spec: RunSpec): RunInfo {
    const { registry, options } = this.#engine;
    if (registry.has(spec.run))
      throw new PolyprocError(
        "BadState",
        `${spec.run} is in use: mint each handle once, and forget a run before its name is used again`,
      );
    const metaBytes = spec.meta === undefined ? 0 : payloadBytes(spec.meta);
    if (metaBytes > maxMetaBytes)
      throw new PolyprocError(
        "InvalidParams",
        `meta: at most ${maxMetaBytes} bytes are kept with a run, got ${metaBytes}`,
      );
    const bytes = bytesOf(spec);
    if (
      this.#activeBytes > 0 &&
      (this.#activeBytes + bytes > overload * options.limits.maxQueuedBytes || !session.account.hasRoom(bytes))
    ) {
      throw new PolyprocError(
        "Overloaded",
        `the items of the runs under way take ${this.#activeBytes} bytes already, and these ${bytes} have no ` +
          "room beside them: wait until one has ended",
      );
    }
    for (const payload of payloadsOf(spec)) {
      for (const handle of payloadHandles(payload)) {
        if (!registry.has(handle))
          throw new PolyprocError("UnknownHandle", `${handle}, in what the run was given, does not exist`, { handle });
      }
    }
    const run = registry.create(
      session,
      spec.run,
      Run,
      () => new Run(this.#engine, session, spec, this.#next++, this.#whenEnded),
    );
    // A run belongs to the server: it must not end with the references of its session.
    registry.pin(spec.run);
    registry.release(session, spec.run);
    this.#runs.set(run.handle, run);
    this.#byJob.set(run.job.handle, run);
    this.#byPool.set(run.pool.handle, run);
    this.#activeBytes += run.specBytes;
    this.#engine.guard.run(run, () => run.begin());
    return run.describeRun();
  }

  get(handle: Handle): Run {
    const run = this.#runs.get(handle);
    if (!run)
      throw new PolyprocError(
        "UnknownHandle",
        `there is no run ${handle}: it was never started, it was forgotten, or the server was restarted ` +
          "(run/list shows those that there are)",
        { handle },
      );
    return run;
  }

  /** The run to which this job belongs. */
  ofJob(job: Handle): Run | undefined {
    return this.#byJob.get(job);
  }

  /** A worker of this pool has waited: if the pool is that of a run, the run remembers it. */
  waitEnded(pool: Handle, wait: Wait<unknown>): void {
    const run = this.#byPool.get(pool);
    if (!run || run.ended) return;
    const { clock } = this.#engine;
    run.waits.add(wait, clock.now() - wait.since, clock.wallTime());
  }

  list(): RunInfo[] {
    return Array.from(this.#runs.values(), (run) => run.describeRun());
  }

  forget(handle: Handle): void {
    const run = this.get(handle);
    if (!run.ended)
      throw new PolyprocError(
        "BadState",
        `${run.name} (${handle}) is under way: cancel it, and wait for its end, before it is forgotten`,
      );
    this.#forget(run);
  }

  /** Not a closure of `start`: that would keep the parameters of the run as long as the run. */
  readonly #whenEnded = (run: Run): void => this.#hasEnded(run);

  #hasEnded(run: Run): void {
    this.#activeBytes -= run.specBytes;
    this.#ended.add(run);
    this.#endedBytes += run.bytes;
    for (const oldest of this.#ended) {
      if (this.#ended.size <= maxEnded && this.#endedBytes <= maxEndedBytes) break;
      if (oldest !== run) this.#forget(oldest);
    }
    for (const listener of this.#onEnded) listener();
  }

  /** Frees memory: forgets ended runs, the oldest first, then drops results and output of the others. */
  #free(bytes: number): void {
    const { budget } = this.#engine;
    const goal = budget.keptBytes - bytes;
    for (const run of [...this.#ended]) {
      if (budget.keptBytes <= goal) return;
      if (this.#ended.size > 1) this.#forget(run);
    }
    for (const run of this.#runs.values()) {
      if (budget.keptBytes <= goal) return;
      if (!run.ended) run.free(budget.keptBytes - goal);
    }
  }

  #forget(run: Run): void {
    this.#ended.delete(run);
    this.#endedBytes -= run.bytes;
    this.#runs.delete(run.handle);
    this.#byJob.delete(run.job.handle);
    this.#byPool.delete(run.pool.handle);
    this.#engine.events.runChanged(run, true);
    this.#engine.registry.unpin(run.handle);
  }
}
