import { randomBytes } from "node:crypto";
import type { Queue, QueueEvents } from "bullmq";
import { PolyprocError } from "../../protocol/errors.js";
import { protocolVersion } from "../../protocol/version.js";
import type {
  ClusterListener,
  ClusterPool,
  ClusterPoolOptions,
  JobSpec,
  Pack,
  PackResult,
} from "../engine/pools/cluster-link.js";
import type { ClusterAddress } from "./address.js";
import { blobLifeMs, putBytes, takeBytes } from "./blobs.js";
import { jobIdOf, packOf } from "./keys.js";
import { isHostName } from "./host-name.js";
import { hashOfModule } from "./module-file.js";
import { PackHosts } from "./pack-hosts.js";
import { returnRecord, type ChangeRecord, type PackRecord, type PoolRecord } from "./records.js";
import { packPlace, resultPlace, Signer, specPlace } from "./signing.js";
import { openStore, type Store } from "./store.js";
import * as v from "valibot";

/** Packs in one message to the store. */
const batchSize = 1000;
/** The store drops events beyond this number: sixteen for each pack that may be in it. */
const maxEvents = 262_144;
/** While the store is full, a write is tried again after this many milliseconds, and fails after `fullMs`. */
const fullRetryMs = 500;
const fullMs = 30_000;
/** The server ends without the store's answer after this time. The hosts then find that the pool's owner has gone. */
const closeMs = 2000;

interface Added {
  readonly pack: Pack;
  /** The store has no such pack, and has sent no event of it: seen so by the last look. */
  missing: boolean;
}

/** A pool of this server in the store of a cluster. */
export class Gateway implements ClusterPool {
  readonly #id = randomBytes(9).toString("hex");
  readonly #address: ClusterAddress;
  readonly #options: ClusterPoolOptions;
  readonly #listener: ClusterListener & { warn(text: string): void };
  readonly #specs = new Map<number, string>();
  readonly #added = new Map<number, Added>();
  /** What is sent to the store, in order. */
  #chain: Promise<void>;
  #store: Store | undefined;
  #signer: Signer | undefined;
  #queue: Queue | undefined;
  #events: QueueEvents | undefined;
  readonly #hosts = new PackHosts({
    isRunning: (id) => this.#added.has(id),
    ask: (ids) => this.#askHosts(ids),
    tell: (id, host) => this.#listener.located(id, host),
  });
  #timers: NodeJS.Timeout[] = [];
  #ending: Promise<void> | undefined;
  #failed = false;

  constructor(
    address: ClusterAddress,
    options: ClusterPoolOptions,
    listener: ClusterListener & { warn(text: string): void },
  ) {
    this.#address = address;
    this.#options = options;
    this.#listener = listener;
    this.#chain = this.#open().catch((error: unknown) => this.#fail(error));
  }

  describe(job: number, spec: JobSpec): void {
    this.#next(async ({ redis, keys }) => {
      const place = specPlace(this.#address.name, this.#id, job);
      const record = this.#signer!.sign(place, { ...spec, hash: hashOfModule(spec.target) });
      const text = JSON.stringify(record);
      this.#specs.set(job, text);
      await this.#whileFull(() => redis.hset(keys.pool(this.#id), `job:${job}`, text));
    });
  }

  add(packs: readonly Pack[]): void {
    for (const pack of packs) this.#added.set(pack.id, { pack, missing: false });
    this.#next(() => this.#add(packs));
  }

  cancel(packs: readonly number[], graceMs: number | "waiting"): void {
    this.#next((store) => this.#cancel(store, packs, graceMs));
  }

  close(): void {
    void this.end();
  }

  /** Resolves when the store holds nothing of the pool, or does not answer. */
  end(): Promise<void> {
    return (this.#ending ??= this.#end());
  }

  async #open(): Promise<void> {
    this.#signer = Signer.of(this.#address.keyFile);
    const store = await openStore(this.#address, this.#listener.warn);
    if (this.#ending) {
      store.redis.disconnect();
      return;
    }
    this.#store = store;
    const { bullmq, Redis: _ } = store.packages;
    const options = { connection: store.redis, prefix: store.keys.prefix, skipWaitingForReady: true };
    this.#queue = new bullmq.Queue(this.#id, {
      ...options,
      streams: { events: { maxLen: maxEvents } },
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true, attempts: 1 },
    });
    this.#queue.on("error", () => {});
    this.#events = new bullmq.QueueEvents(this.#id, { ...options, lastEventId: "0-0" });
    this.#events.on("error", () => {});
    this.#events.on("active", ({ jobId }) => this.#began(packOf(jobId)));
    this.#events.on("completed", ({ jobId, returnvalue }) => void this.#completed(packOf(jobId), returnvalue));
    this.#events.on("failed", ({ jobId, failedReason }) => this.#gaveUp(packOf(jobId), failedReason));
    if (this.#options.processes !== null) await this.#queue.setGlobalConcurrency(this.#options.processes);
    await this.#announce(store);
    this.#timers = [
      setInterval(() => void this.#renew(store).catch(() => {}), (this.#address.leaseMs * 2) / 3),
      setInterval(() => void this.#sweep(store).catch(() => {}), this.#address.leaseMs * 2),
    ];
  }

  /** Tells the hosts of the pool. */
  async #announce({ redis, keys }: Store): Promise<void> {
    const record: PoolRecord = {
      name: this.#options.name,
      processes: this.#options.processes,
      needs: [...this.#options.needs],
      protocol: protocolVersion,
    };
    const commands = redis.multi();
    for (const [job, text] of this.#specs) commands.hset(keys.pool(this.#id), `job:${job}`, text);
    commands.set(keys.owner(this.#id), "", "PX", this.#address.leaseMs * 2);
    commands.hset(keys.pools, this.#id, JSON.stringify(record));
    commands.publish(keys.changes, JSON.stringify({ kind: "pools" } satisfies ChangeRecord));
    await commands.exec();
  }

  async #add(packs: readonly Pack[]): Promise<void> {
    for (let from = 0; from < packs.length; from += batchSize) {
      const batch = packs.slice(from, from + batchSize).filter(({ id }) => this.#added.has(id));
      if (batch.length === 0) continue;
      try {
        await this.#whileFull(async () =>
          this.#queue!.addBulk(await Promise.all(batch.map((pack) => this.#jobOf(pack)))),
        );
      } catch (error) {
        const failure = new PolyprocError(
          "ClusterUnavailable",
          `${this.#address.shown} takes no more tasks: ${(error as Error).message}`,
        ).toErrorObject();
        for (const { id } of batch) if (this.#added.delete(id)) this.#listener.lost(id, failure);
      }
    }
  }

  /** Tries again while the store is full. */
  async #whileFull(write: () => Promise<unknown>): Promise<void> {
    const since = performance.now();
    for (;;) {
      try {
        await write();
        return;
      } catch (error) {
        const isFull = /^OOM|used memory/.test((error as Error).message);
        if (!isFull || this.#ending || performance.now() - since > fullMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, fullRetryMs));
      }
    }
  }

  async #jobOf({ id, job, count, items, splits, priority }: Pack) {
    const bytes = await putBytes(this.#store!, this.#id, jobIdOf(id), items);
    const record: PackRecord = { job, count, items: bytes, splits };
    return {
      name: "pack",
      data: this.#signer!.sign(packPlace(this.#address.name, this.#id, jobIdOf(id)), record),
      opts: {
        jobId: jobIdOf(id),
        ...(priority > 0 ? { lifo: true } : priority < 0 ? { priority: -priority } : {}),
      },
    };
  }

  async #cancel({ redis, keys }: Store, packs: readonly number[], graceMs: number | "waiting"): Promise<void> {
    const queue = this.#queue!;
    for (let from = 0; from < packs.length; from += batchSize) {
      const batch = packs.slice(from, from + batchSize).filter((id) => this.#added.has(id));
      if (batch.length === 0) continue;
      // Written first: a host that takes a pack while the others are removed finds it here.
      if (graceMs !== "waiting")
        await redis.hset(keys.pool(this.#id), Object.fromEntries(batch.map((id) => [`cancel:${id}`, graceMs])));
      const removed = await Promise.all(batch.map((id) => queue.remove(jobIdOf(id)).catch(() => 0)));
      batch.forEach((id, i) => {
        if (removed[i] === 1 && this.#added.delete(id)) this.#listener.cancelled(id);
      });
      if (graceMs === "waiting") continue;
      const change: ChangeRecord = { kind: "cancel", pool: this.#id, packs: batch, graceMs };
      await redis.publish(keys.changes, JSON.stringify(change));
    }
  }

  #began(id: number): void {
    if (!this.#added.has(id)) return;
    this.#listener.began(id);
    if (!this.#ending) this.#hosts.began(id);
  }

  /** BullMQ keeps the name of the worker that has a job, which is an agent's, with the job. */
  async #askHosts(ids: readonly number[]): Promise<(string | null)[]> {
    const { redis, keys } = this.#store!;
    const commands = redis.pipeline();
    for (const id of ids) commands.hget(`${keys.prefix}:${this.#id}:${jobIdOf(id)}`, "pb");
    const answers = (await commands.exec()) ?? [];
    return answers.map(([, host]) => (isHostName(host) ? host : null));
  }

  async #completed(id: number, value: unknown): Promise<void> {
    if (!this.#added.has(id)) return;
    const checked = v.safeParse(returnRecord, value);
    if (
      !checked.success ||
      !this.#signer!.accepts(resultPlace(this.#address.name, this.#id, jobIdOf(id)), checked.output)
    ) {
      this.#lost(id, new PolyprocError("NotTrusted", "a host sent a result that is not signed, or cannot be read"));
      return;
    }
    const { host, results, split, cancelled } = checked.output;
    try {
      const opened: PackResult[] = [];
      for (const { values, error, ...place } of results)
        if (values !== undefined) opened.push({ ...place, values: await takeBytes(this.#store!, this.#id, values) });
        else if (error !== undefined) opened.push({ ...place, error });
      const blobs = results.flatMap(({ values }) => (typeof values === "object" ? [values.blob] : []));
      if (!this.#added.delete(id)) return;
      this.#drop([...blobs, jobIdOf(id)]);
      if (split) this.#listener.split(id);
      else if (cancelled) this.#listener.cancelled(id);
      else this.#listener.ended(id, host, opened);
    } catch (error) {
      this.#lost(id, error);
    }
  }

  #gaveUp(id: number, reason: string): void {
    this.#lost(id, new PolyprocError("InternalError", `the host could not run the task: ${reason}`));
  }

  #lost(id: number, error: unknown): void {
    if (!this.#added.delete(id)) return;
    this.#drop([jobIdOf(id)]);
    this.#listener.lost(id, asFailure(error));
  }

  /** Removes blobs. What is left over expires. */
  #drop(ids: string[]): void {
    const { redis, keys } = this.#store!;
    redis.del(ids.map((id) => keys.blob(this.#id, id))).catch(() => {});
  }

  /** Renews the claim that this server lives. If the store has lost the pool, makes it again. */
  async #renew(store: Store): Promise<void> {
    const { redis, keys } = store;
    await redis.set(keys.owner(this.#id), "", "PX", this.#address.leaseMs * 2);
    if (this.#ending || (await redis.hexists(keys.pools, this.#id)) === 1) return;
    await this.#announce(store);
    await this.#sweep(store);
  }

  /** Adds packs again that the store has lost, as it may when it is killed. */
  async #sweep({ redis, keys }: Store): Promise<void> {
    const lost: Pack[] = [];
    const all = [...this.#added.values()];
    for (let from = 0; from < all.length && !this.#ending; from += batchSize) {
      const batch = all.slice(from, from + batchSize);
      const commands = redis.pipeline();
      for (const { pack } of batch) {
        commands.exists(`${keys.prefix}:${this.#id}:${jobIdOf(pack.id)}`);
        commands.pexpire(keys.blob(this.#id, jobIdOf(pack.id)), blobLifeMs);
      }
      const answers = (await commands.exec()) ?? [];
      batch.forEach((added, i) => {
        const missing = answers[2 * i]?.[1] === 0 && this.#added.has(added.pack.id);
        // Twice: the event of its end may be on its way.
        if (missing && added.missing) lost.push(added.pack);
        added.missing = missing;
      });
    }
    if (lost.length > 0) this.#next(() => this.#add(lost));
  }

  async #end(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#hosts.end();
    await Promise.race([
      this.#remove().catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, closeMs).unref()),
    ]);
    this.#store?.redis.disconnect();
    // Not awaited: without an answer of the store it may never resolve.
    this.#events?.close().catch(() => {});
    this.#listener.closed();
  }

  async #remove(): Promise<void> {
    await this.#chain;
    if (!this.#store) return;
    const { redis, keys } = this.#store;
    await redis.hdel(keys.pools, this.#id);
    await redis.publish(keys.changes, JSON.stringify({ kind: "pools" } satisfies ChangeRecord));
    await this.#queue!.obliterate({ force: true });
    await redis.del([
      keys.pool(this.#id),
      keys.owner(this.#id),
      ...[...this.#added.keys()].map((id) => keys.blob(this.#id, jobIdOf(id))),
    ]);
  }

  #next(step: (store: Store) => Promise<void>): void {
    this.#chain = this.#chain.then(async () => {
      if (this.#failed || this.#ending || !this.#store) return;
      try {
        await step(this.#store);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(error: unknown): void {
    if (this.#failed || this.#ending) return;
    this.#failed = true;
    this.#listener.failed(asFailure(error));
  }
}

function asFailure(error: unknown) {
  return error instanceof PolyprocError
    ? error.toErrorObject()
    : new PolyprocError("ClusterUnavailable", `the cluster's store: ${(error as Error).message}`).toErrorObject();
}
