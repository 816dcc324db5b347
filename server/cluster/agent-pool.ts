import type { Job, Worker } from "bullmq";
import { PolyprocError } from "../../protocol/errors.js";
import type { PackResult } from "../engine/pools/cluster-link.js";
import type { PackRunner, RunningPack } from "../engine/pools/pack-runner.js";
import { payloadData } from "../../protocol/schema.js";
import type { AllowList } from "./allow-list.js";
import { putBytes, takeBytes } from "./blobs.js";
import { packOf } from "./keys.js";
import type { Leases } from "./leases.js";
import { packRecord, read, specRecord, type PoolRecord, type ReturnRecord, type SpecRecord } from "./records.js";
import { packPlace, resultPlace, specPlace, type Signer } from "./signing.js";
import type { Store } from "./store.js";
import type { Suspects, Turn } from "./suspects.js";
import * as v from "valibot";

/** A pack whose hosts died this often is a suspect: it, or one that ran beside it, may have killed them. */
const deathsOfSuspects = 2;
/** A pack fails when this many more hosts have died while it was the only suspect that ran there. */
const maxDeathsAlone = 2;
/** For BullMQ, which cannot tell the pack that kills its host from those beside it. */
const anyNumber = 1_000_000;
/** Milliseconds until it is forgotten that a suspect has begun. */
const suspicionMs = 24 * 3600 * 1000;
/** Milliseconds before a pack whose job the store does not know yet is given back. */
const unknownJobMs = 200;
/** How often it is looked whether a connection was made again, in milliseconds. */
const connectedLookMs = 50;

/** What an agent needs of the runner of its packs. */
export type AgentRunner = Pick<PackRunner, "run" | "forget">;

/** What all pools of an agent share. */
export interface AgentParts {
  readonly host: string;
  readonly store: Store;
  readonly runner: AgentRunner;
  readonly allow: AllowList;
  readonly signer: Signer;
  readonly leases: Leases;
  readonly suspects: Suspects;
  readonly tell: (text: string) => void;
  /** A pack has begun or ended. */
  changed(): void;
}

interface Running {
  readonly id: string;
  readonly token: string;
  local: RunningPack | null;
  /** A suspect's place in the line of suspects; null while it has none. */
  turn: Turn | null;
  /** Why it was stopped: its end is not told then. */
  stopped: "lapsed" | "given back" | "lost" | null;
}

/** One pool of the cluster, as an agent serves it. */
export class AgentPool {
  readonly id: string;
  readonly record: PoolRecord;
  readonly #parts: AgentParts;
  readonly #worker: Worker;
  readonly #running = new Map<string, Running>();
  readonly #specs = new Map<number, { spec: SpecRecord; refusal: PolyprocError | null }>();
  /** Packs that were cancelled -> `graceMs`. */
  readonly #cancelled = new Map<number, number>();
  #waking = false;
  #draining = false;
  /** Since when its owner has not been seen, by the monotonic clock; null: it lives. */
  orphanedSince: number | null = null;
  /** Mean time of its packs in milliseconds; 0 while unknown. */
  packMs = 0;

  constructor(parts: AgentParts, id: string, record: PoolRecord, limit: number) {
    this.#parts = parts;
    this.id = id;
    this.record = record;
    const { store } = parts;
    const { leaseMs } = store.address;
    this.#worker = new store.packages.bullmq.Worker(id, (job, token) => this.#handle(job, token!), {
      connection: store.redis,
      prefix: store.keys.prefix,
      name: parts.host,
      concurrency: limit,
      lockDuration: leaseMs,
      // This agent renews by its monotonic clock; BullMQ's own renewal goes by the wall clock.
      skipLockRenewal: true,
      stalledInterval: Math.max(250, Math.round(leaseMs / 3)),
      maxStalledCount: anyNumber,
      runRetryDelay: 200,
      drainDelay: 5,
    });
    this.#worker.on("error", (error) => this.#said(error));
  }

  get running(): number {
    return this.#running.size;
  }

  /** Sets how many packs it may take at a time. */
  limit(packs: number): void {
    const before = this.#worker.concurrency;
    this.#worker.concurrency = packs;
    // BullMQ looks at the limit only when one of its packs ends, or when it is resumed.
    if (packs > before && this.running >= before && !this.#waking && !this.#draining) void this.#wake();
  }

  async #wake(): Promise<void> {
    this.#waking = true;
    try {
      await this.#worker.pause(true);
      if (!this.#draining) await this.#worker.resume();
    } finally {
      this.#waking = false;
    }
  }

  /** Reads which packs were cancelled: messages may have been missed. */
  async readCancels(): Promise<void> {
    const { redis, keys } = this.#parts.store;
    const fields = await redis.hgetall(keys.pool(this.id));
    for (const [field, text] of Object.entries(fields))
      if (field.startsWith("cancel:")) this.cancel([Number(field.slice("cancel:".length))], Number(text));
  }

  cancel(packs: readonly number[], graceMs: number): void {
    for (const pack of packs) {
      if (this.#cancelled.has(pack)) continue;
      this.#cancelled.set(pack, graceMs);
      const running = this.#running.get(`p${pack}`);
      if (running?.local) running.local.stop(graceMs);
      else running?.turn?.end();
    }
  }

  /** Renews the leases of its packs. */
  async renew(): Promise<void> {
    const running = [...this.#running.values()];
    if (running.length === 0) return;
    const sent = performance.now();
    const refused = await this.#worker.extendJobLocks(
      running.map(({ id }) => id),
      running.map(({ token }) => token),
      this.#parts.store.address.leaseMs,
    );
    for (const pack of running) {
      if (!refused.includes(pack.id)) this.#parts.leases.renewed(this.#leaseOf(pack.id), sent);
      // One that has just ended has no lease any more.
      else if (this.#running.get(pack.id) === pack) this.#stop(pack, "lost");
    }
  }

  /** Takes no more packs. Resolves when the store knows the results of those that it has. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#worker.pause(true);
    await this.#connected();
    await this.#worker.close();
  }

  /**
   * BullMQ closes its second connection, and waits for its end. ioredis reports no end if the connection is lost and
   * about to be made again.
   */
  async #connected(): Promise<void> {
    const connection = await this.#worker.backend.blockingClient;
    while (connection && connection.status !== "ready" && connection.status !== "end")
      await new Promise((resolve) => setTimeout(resolve, connectedLookMs));
  }

  /** Stops its packs, so that other hosts run them. */
  giveBack(): void {
    for (const pack of this.#running.values()) this.#stop(pack, "given back");
  }

  /** The pool has ended: kills what runs of it. */
  async end(): Promise<void> {
    for (const pack of this.#running.values()) this.#stop(pack, "lost");
    this.#parts.runner.forget(`${this.id}/`);
    await this.#worker.close(true);
  }

  /** Removes the pool of a dead owner from the store. */
  async clear(): Promise<void> {
    const { store } = this.#parts;
    const { bullmq } = store.packages;
    const queue = new bullmq.Queue(this.id, { connection: store.redis, prefix: store.keys.prefix });
    queue.on("error", () => {});
    await store.redis.hdel(store.keys.pools, this.id);
    await queue.obliterate({ force: true });
    await store.redis.del(store.keys.pool(this.id));
    await queue.close();
  }

  async #handle(job: Job, token: string): Promise<ReturnRecord | undefined> {
    const { leases, host } = this.#parts;
    const id = job.id!;
    const pack: Running = { id, token, local: null, turn: null, stopped: null };
    this.#running.set(id, pack);
    const since = performance.now();
    // The lease began when BullMQ took the pack, which it noted by the wall clock.
    const age = Math.min(Math.max(0, Date.now() - (job.processedOn ?? 0)), this.#parts.store.address.leaseMs);
    leases.begin(this.#leaseOf(id), since - age, () => this.#stop(pack, "lapsed"));
    this.#parts.changed();
    try {
      const ended = await this.#run(job, pack);
      if (pack.stopped === null && ended !== "unknown job" && !hasLostLease(ended)) return this.#signed(id, ended);
      // Not a failure: another host runs it, or this one again. If the lease has been lost, that is so already.
      if (pack.stopped !== "lost") await job.moveToWait(token).catch(() => {});
      throw new this.#parts.store.packages.bullmq.WaitingError();
    } catch (error) {
      if (!(error instanceof PolyprocError)) throw error;
      return this.#signed(id, {
        host,
        attempt: job.attemptsStarted,
        results: [{ index: 0, count: countOf(job), pid: 0, ms: 0, error: error.toErrorObject() }],
      });
    } finally {
      leases.end(this.#leaseOf(id));
      this.#running.delete(id);
      const ms = performance.now() - since;
      this.packMs = this.packMs === 0 ? ms : this.packMs * 0.8 + ms * 0.2;
      this.#parts.changed();
    }
  }

  /** Runs the pack, unless there is a reason not to. Throws PolyprocError for a pack that cannot run here. */
  async #run(job: Job, pack: Running): Promise<ReturnRecord | "unknown job"> {
    const { host, store, signer, runner } = this.#parts;
    const head = { host, attempt: job.attemptsStarted, results: [] };
    const checked = v.safeParse(packRecord, job.data);
    if (!checked.success || !signer.accepts(packPlace(store.address.name, this.id, pack.id), checked.output))
      throw this.#untrusted("it is not signed with the cluster's key");
    const { job: number, count, items, splits } = checked.output;
    if (this.#cancelled.has(packOf(pack.id))) return { ...head, cancelled: true };
    // With which of its tasks a host died is not known: each is to run in a pack of its own.
    if (job.stalledCounter > 0 && splits) return { ...head, split: true };
    const known = this.#specs.get(number) ?? (await this.#readSpec(number));
    if (known === null) {
      await new Promise((resolve) => setTimeout(resolve, unknownJobMs));
      return "unknown job";
    }
    if (known.refusal) throw known.refusal;
    const data = await takeBytes(store, this.id, items);
    if (pack.stopped !== null) return head;
    const run = () =>
      new Promise<PackResult[]>((resolve) => {
        pack.local = runner.run(`${this.id}/${number}`, known.spec, count, data, resolve);
        const graceMs = this.#cancelled.get(packOf(pack.id));
        if (graceMs !== undefined) pack.local.stop(graceMs);
      });
    const results = await (job.stalledCounter < deathsOfSuspects ? run() : this.#runSuspect(pack, run));
    if (pack.stopped !== null) return head;
    if (results === null) return { ...head, cancelled: true };
    return {
      ...head,
      results: await Promise.all(results.map((result, i) => this.#record(result, i, results.length, job))),
    };
  }

  /**
   * Runs the pack while no other suspect runs on this host. Before it begins, it leaves a mark in the store, which only
   * the death of this host leaves there. Null if it was stopped before. Throws AgentLost if it has left too many.
   */
  async #runSuspect(pack: Running, run: () => Promise<PackResult[]>): Promise<PackResult[] | null> {
    const { redis, keys } = this.#parts.store;
    const mark = keys.suspect(this.id, pack.id);
    const turn = (pack.turn = this.#parts.suspects.take());
    try {
      await turn.begun;
      if (pack.stopped !== null || this.#cancelled.has(packOf(pack.id))) return null;
      const [[, begins]] = (await redis.multi().incr(mark).pexpire(mark, suspicionMs).exec()) as [[null, number]];
      try {
        // While the store did not answer, the pack's lease may have ended.
        if (pack.stopped !== null) return null;
        if (begins <= maxDeathsAlone) return await run();
        throw new PolyprocError("AgentLost", "each host that ran the task died or was cut off; it is not tried again");
      } finally {
        await redis.del(mark).catch(() => {});
      }
    } finally {
      turn.end();
    }
  }

  async #record({ index, count, pid, ms, ...outcome }: PackResult, i: number, parts: number, job: Job) {
    const place = { index, count, pid, ms };
    if ("error" in outcome) return { ...place, error: outcome.error };
    // Named by the attempt, so that two hosts never write the same.
    const id = `${job.id}.${job.attemptsStarted}.${i}`;
    return { ...place, values: await putBytes(this.#parts.store, this.id, id, payloadData(outcome.values), parts) };
  }

  async #readSpec(number: number): Promise<{ spec: SpecRecord; refusal: PolyprocError | null } | null> {
    const { store, signer, allow } = this.#parts;
    const spec = read(specRecord, await store.redis.hget(store.keys.pool(this.id), `job:${number}`));
    if (spec === null) return null;
    if (!signer.accepts(specPlace(store.address.name, this.id, number), spec))
      throw this.#untrusted("its job is not signed with the cluster's key");
    const known = { spec, refusal: allow.refusal(spec) };
    this.#specs.set(number, known);
    return known;
  }

  #untrusted(why: string): PolyprocError {
    const { host } = this.#parts;
    return new PolyprocError("NotTrusted", `the host ${host} refuses the task: ${why}`, { host });
  }

  #signed(id: string, record: ReturnRecord): ReturnRecord {
    return this.#parts.signer.sign(resultPlace(this.#parts.store.address.name, this.id, id), record);
  }

  #stop(pack: Running, why: NonNullable<Running["stopped"]>): void {
    if (pack.stopped !== null) return;
    pack.stopped = why;
    if (pack.local) pack.local.stop(0);
    else pack.turn?.end();
  }

  #leaseOf(id: string): string {
    return `${this.id}/${id}`;
  }

  /** Errors of the connection and of leases that were lost are known otherwise. */
  #said(error: Error): void {
    const { code } = error as NodeJS.ErrnoException;
    if (
      code !== undefined ||
      /Missing lock|Missing key|not in the active state|Lock mismatch|Connection is closed/i.test(error.message)
    )
      return;
    this.#parts.tell(`pool ${this.id}: ${error.message}`);
  }
}

/** A worker was killed since a lock's lease had ended: the task has not failed, so it runs again. */
function hasLostLease({ results }: ReturnRecord): boolean {
  return results.some(({ error }) => error?.data?.["leaseEnded"] === true);
}

function countOf(job: Job): number {
  const count: unknown = (job.data as { count?: unknown } | null)?.count;
  return typeof count === "number" && Number.isInteger(count) && count > 0 ? count : 1;
}
