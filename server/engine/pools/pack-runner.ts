import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure, ResultEntry } from "../../../protocol/job.js";
import { objectHandles, payloadData } from "../../../protocol/schema.js";
import type { Principal } from "../guard.js";
import { serverPeer } from "../server-peer.js";
import { Session, type SessionDependencies } from "../session.js";
import type { JobSpec, PackResult } from "./cluster-link.js";
import type { PoolDependencies } from "./dependencies.js";
import { Job, type JobObserver } from "./job.js";
import { Pool } from "./pool.js";

export type PackRunnerDependencies = SessionDependencies &
  PoolDependencies & { readonly options: { readonly pid: number } };

/** A pack of a cluster that this server runs. */
export interface RunningPack {
  /** Asks it to stop; its worker is killed after `graceMs`. Its items end with Cancelled. */
  stop(graceMs: number): void;
}

interface Entry {
  /** Index of the first item in the local job. */
  readonly base: number;
  readonly count: number;
  readonly results: PackResult[];
  left: number;
  readonly ended: (results: PackResult[]) => void;
}

/** Id of the session for the work of clusters. Its handles begin with this id. */
const sessionId = "cluster";

/** Runs the packs of clusters' pools in one pool of this server: all of them share its workers. */
export class PackRunner implements Principal {
  readonly #engine: PackRunnerDependencies;
  readonly #session: Session;
  readonly #pool: Pool;
  readonly #jobs = new Map<string, LocalJob>();
  #nextJob = 1;

  /** `slots`: how many packs run at a time. */
  constructor(engine: PackRunnerDependencies, slots: number) {
    this.#engine = engine;
    this.#session = new Session(engine, sessionId, serverPeer, null);
    this.#session.clientPid = engine.options.pid;
    const handle = `pool:${sessionId}.1`;
    this.#pool = engine.registry.create(
      this.#session,
      handle,
      Pool,
      () => new Pool(engine, this.#session, handle, { processes: slots, name: "cluster" }),
    );
  }

  /**
   * Runs a pack. `key`: of its job in all clusters. Calls `ended` once, with an outcome for each item. Throws if the
   * target cannot run here.
   */
  run(
    key: string,
    spec: JobSpec,
    count: number,
    items: Uint8Array,
    ended: (results: PackResult[]) => void,
  ): RunningPack {
    let job = this.#jobs.get(key);
    if (!job) {
      job = new LocalJob(this.#engine, this.#session, this.#pool, `job:${sessionId}.${this.#nextJob++}`, spec);
      this.#jobs.set(key, job);
    }
    return job.run(count, items, ended);
  }

  /** Forgets the jobs whose keys begin so, and kills what runs of them. */
  forget(prefix: string): void {
    for (const [key, job] of this.#jobs) {
      if (!key.startsWith(prefix)) continue;
      this.#jobs.delete(key);
      job.end();
    }
  }

  endAfterFault(error: PolyprocError): void {
    this.#pool.terminate(error.message);
  }
}

/** A job of a cluster's pool, as this server runs it. */
class LocalJob implements JobObserver {
  readonly #engine: PackRunnerDependencies;
  readonly #session: Session;
  readonly #job: Job;
  readonly opens: boolean;
  /** By the index of the first item. */
  readonly #packs = new Map<number, Entry>();
  #next = 0;

  constructor(engine: PackRunnerDependencies, session: Session, pool: Pool, handle: string, spec: JobSpec) {
    this.#engine = engine;
    this.#session = session;
    this.opens = spec.opens;
    const { target, mode, timeoutMs, graceMs } = spec;
    // The client's server retries, on any host.
    this.#job = engine.registry.create(
      session,
      handle,
      Job,
      () => new Job(handle, pool, session, { target, mode, timeoutMs, graceMs, retries: 0 }, this),
    );
  }

  run(count: number, items: Uint8Array, ended: (results: PackResult[]) => void): RunningPack {
    const entry: Entry = { base: this.#next, count, results: [], left: count, ended };
    this.#next += count;
    this.#packs.set(entry.base, entry);
    try {
      const accepted = this.#job.submit([{ index: entry.base, count, items }]);
      accepted?.onSettled((outcome) => {
        if (!outcome.ok) this.#fail(entry, outcome.error.toErrorObject());
      });
    } catch (error) {
      this.#packs.delete(entry.base);
      throw error;
    }
    return { stop: (graceMs) => void this.#job.cancel([entry.base], graceMs) };
  }

  end(): void {
    this.#job.cancel(undefined, 0);
    this.#engine.registry.release(this.#session, this.#job.handle);
  }

  began(): void {}

  requeued(): void {}

  settled(entry: ResultEntry): void {
    const pack = this.#packOf(entry.index);
    if (!pack) return;
    const { count, pid, ms, error, values } = entry;
    const place = { index: entry.index - pack.base, count, pid, ms };
    if (!values) pack.results.push({ ...place, error: error! });
    else if (objectHandles(values).length === 0) pack.results.push({ ...place, values: payloadData(values) });
    else {
      const refusal = new PolyprocError(
        "BadState",
        `the result holds ${objectHandles(values)[0]}, which lives on this host: other hosts cannot use it`,
      );
      pack.results.push({ ...place, error: refusal.toErrorObject() });
    }
    pack.left -= count;
    if (pack.left > 0) return;
    this.#packs.delete(pack.base);
    pack.ended(pack.results);
  }

  endAfterFault(error: PolyprocError): void {
    for (const pack of [...this.#packs.values()]) this.#fail(pack, error.toErrorObject());
  }

  #fail(pack: Entry, error: Failure): void {
    if (!this.#packs.delete(pack.base)) return;
    pack.ended([{ index: 0, count: pack.count, pid: 0, ms: 0, error }]);
  }

  #packOf(index: number): Entry | undefined {
    for (const pack of this.#packs.values()) if (pack.base <= index && index < pack.base + pack.count) return pack;
    return undefined;
  }
}
