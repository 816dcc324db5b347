import * as jobs from "../../../protocol/job.js";
import type { ResultEntry } from "../../../protocol/job.js";
import type { Progress } from "../../../protocol/progress.js";
import { payloadHandles, type Handle, type Payload } from "../../../protocol/schema.js";
import { OncePerTurn, type Principal } from "../guard.js";
import { highWaterBytes } from "../peer.js";
import type { PoolDependencies } from "./dependencies.js";
import { valueBytes } from "./result-bytes.js";
import type { Session } from "../session.js";

/** Limits of one `job/results` message. */
const maxResults = 1000;
const maxResultBytes = 1024 * 1024;

type ReportingPool = Principal & { readonly engine: PoolDependencies };

/**
 * What a job reports: outcomes to the session that created it (or to the part of the engine that did), starts of tasks
 * and reports of running items to the sessions that watch it. What happens in one turn of the event loop is sent in
 * one message.
 */
export class JobReports {
  readonly #job: Handle;
  readonly #pool: ReportingPool;
  readonly #session: Session;
  readonly #sink: (results: ResultEntry[]) => void;
  /** Sessions that get `job/started`, each with the function that removes the job's listener from it. */
  readonly #watchers = new Map<Session, () => void>();
  #results: ResultEntry[] = [];
  /** The last report of each item that has reported in this turn. */
  #progress = new Map<number, Progress>();
  #starts: { index: number; pid: number; startedAt: number }[] = [];
  readonly #flushing: OncePerTurn;
  #ended = false;

  /** `sink` receives the outcomes. */
  constructor(job: Handle, pool: ReportingPool, session: Session, sink: (results: ResultEntry[]) => void) {
    this.#job = job;
    this.#pool = pool;
    this.#session = session;
    this.#sink = sink;
    this.#flushing = new OncePerTurn(pool.engine.guard, pool, () => this.flush());
  }

  watch(session: Session): void {
    if (this.#watchers.has(session)) return;
    this.#watchers.set(
      session,
      session.onEnd(() => this.#watchers.delete(session)),
    );
  }

  started(index: number, pid: number, startedAt: number): void {
    if (this.#watchers.size === 0) return;
    this.#starts.push({ index, pid, startedAt });
    this.#flushing.schedule();
  }

  progressed(index: number, progress: Progress): void {
    if (this.#watchers.size === 0) return;
    this.#progress.set(index, progress);
    this.#flushing.schedule();
  }

  settled(entry: ResultEntry): void {
    if (this.#ended) return;
    if (entry.values) this.#hand(entry.values);
    this.#results.push(entry);
    this.#flushing.schedule();
  }

  /** The job was released: reports that were not sent, and further ones, are dropped. */
  end(): void {
    this.#ended = true;
    const { registry } = this.#pool.engine;
    for (const { values } of this.#results.splice(0))
      if (values) for (const handle of payloadHandles(values)) registry.release(this.#session, handle);
    for (const forget of this.#watchers.values()) forget();
    this.#watchers.clear();
  }

  flush(): void {
    if (this.#starts.length > 0) {
      const tasks = this.#starts;
      this.#starts = [];
      for (const session of this.#watchers.keys()) session.peer.notify(jobs.started, { job: this.#job, tasks });
    }
    this.#flushProgress();
    if (this.#results.length === 0 || this.#ended) return;
    const results = this.#results;
    this.#results = [];
    for (let from = 0; from < results.length;) {
      let bytes = 0;
      let to = from;
      // At least one outcome, however large. Together they must fit into a message that any client can read.
      do bytes += valueBytes(results[to]!);
      while (++to < results.length && to - from < maxResults && bytes + valueBytes(results[to]!) <= maxResultBytes);
      const part = from === 0 && to === results.length ? results : results.slice(from, to);
      this.#pool.engine.guard.run(this.#session, () => this.#sink(part));
      from = to;
    }
  }

  #flushProgress(): void {
    if (this.#progress.size === 0) return;
    const items = Array.from(this.#progress, ([index, progress]) => ({ index, ...progress }));
    this.#progress.clear();
    for (const { peer } of this.#watchers.keys())
      if (peer.backlogBytes() < highWaterBytes) peer.notify(jobs.progressed, { job: this.#job, items });
  }

  /** Gives the session references to the handles inside a result. */
  #hand(values: Payload): void {
    if (!this.#session.ended) this.#pool.engine.registry.handPayload(this.#session, values);
  }
}
