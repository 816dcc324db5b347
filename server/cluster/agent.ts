import { randomBytes } from "node:crypto";
import { loadavg } from "node:os";
import type { Redis } from "ioredis";
import { PolyprocError } from "../../protocol/errors.js";
import { isCompatible, protocolVersion } from "../../protocol/version.js";
import { AgentPool, type AgentParts, type AgentRunner } from "./agent-pool.js";
import { AllowList, type Allowed } from "./allow-list.js";
import type { ClusterAddress } from "./address.js";
import { drainKey } from "./hosts.js";
import { Leases } from "./leases.js";
import { changeRecord, hostRecord, poolRecord, read, type HostRecord } from "./records.js";
import { Signer } from "./signing.js";
import { openStore, type Store } from "./store.js";
import { Suspects } from "./suspects.js";

export type { AgentRunner };

export interface AgentOptions {
  readonly address: ClusterAddress;
  readonly host: string;
  readonly slots: number;
  readonly labels: readonly string[];
  readonly allowed: Allowed;
  /** Milliseconds until a draining agent gives back what it still runs. */
  readonly drainTimeoutMs: number;
}

/** The store may be gone: after this time an agent ends though it could not give back what it ran. */
const giveBackMs = 5000;
/** How often leases are looked at, in milliseconds. */
const checkMs = 50;
/** Packs that take less than this many milliseconds are taken ahead of need. */
const shortPackMs = 100;

/** Takes packs of a cluster's pools from the store, and runs them on this host. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #parts: AgentParts;
  readonly #store: Store;
  readonly #subscriber: Redis;
  readonly #instance = randomBytes(9).toString("hex");
  readonly #pools = new Map<string, AgentPool>();
  readonly #leases: Leases;
  readonly #timers: NodeJS.Timeout[] = [];
  #scan: Promise<void> | null = null;
  #scanAgain = false;
  #ending: Promise<void> | null = null;
  #stopWaiting: () => void = () => {};
  /** Called once, when the agent has ended by itself. */
  onEnded: () => void = () => {};

  private constructor(options: AgentOptions, store: Store, runner: AgentRunner, tell: (text: string) => void) {
    this.#options = options;
    this.#store = store;
    this.#subscriber = store.redis.duplicate();
    this.#subscriber.on("error", () => {});
    this.#leases = new Leases(options.address.leaseMs);
    this.#parts = {
      host: options.host,
      store,
      runner,
      allow: new AllowList(
        { ...options.allowed, pickles: options.allowed.pickles || options.address.keyFile !== null },
        options.host,
      ),
      signer: Signer.of(options.address.keyFile),
      leases: this.#leases,
      suspects: new Suspects(),
      tell,
      changed: () => this.#share(),
    };
  }

  /** Joins the cluster. Fails with ClusterUnavailable, and with BadState if the host's name is in use. */
  static async start(options: AgentOptions, runner: AgentRunner, tell: (text: string) => void): Promise<Agent> {
    const store = await openStore(options.address, tell);
    const agent = new Agent(options, store, runner, tell);
    try {
      await agent.#takeName();
      await agent.#begin();
    } catch (error) {
      await agent.#leave();
      throw error;
    }
    return agent;
  }

  /** Takes no more packs. Resolves when those that run have ended, or were given back, and this host has left. */
  drain(): Promise<void> {
    return (this.#ending ??= this.#drain());
  }

  /** Gives back what runs. The second step after `drain`. */
  giveBack(): void {
    for (const pool of this.#pools.values()) pool.giveBack();
    void later(giveBackMs).then(() => this.#stopWaiting());
  }

  async #drain(): Promise<void> {
    void this.#beat().catch(() => {});
    const timer = setTimeout(() => this.giveBack(), this.#options.drainTimeoutMs);
    await Promise.race([
      Promise.all([...this.#pools.values()].map((pool) => pool.drain())),
      new Promise<void>((resolve) => (this.#stopWaiting = resolve)),
    ]);
    clearTimeout(timer);
    await this.#leave();
    this.onEnded();
  }

  async #begin(): Promise<void> {
    const { leaseMs } = this.#options.address;
    const { redis, keys } = this.#store;
    await this.#beat();
    this.#subscriber.on("message", (_channel, text) => this.#heard(text));
    await this.#subscriber.subscribe(keys.changes);
    // Messages that were published during an outage are lost.
    redis.on("ready", () => this.#look());
    this.#subscriber.on("ready", () => this.#look());
    this.#timers.push(
      setInterval(() => this.#leases.check(performance.now()), checkMs),
      setInterval(() => this.#renew(), leaseMs / 3),
    );
    this.#look();
    await this.#scan;
  }

  /** A host that was killed keeps its name until its record ends. */
  async #takeName(): Promise<void> {
    const { redis, keys } = this.#store;
    const until = performance.now() + 2.5 * this.#options.address.leaseMs;
    for (;;) {
      const other = read(hostRecord, await redis.get(keys.host(this.#options.host)));
      if (other === null) return;
      if (performance.now() > until)
        throw new PolyprocError(
          "BadState",
          `the name ${this.#options.host} belongs to another agent of this cluster, pid ${other.pid}: give --name`,
        );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  #renew(): void {
    void this.#beat().catch(() => {});
    for (const pool of this.#pools.values()) void pool.renew().catch(() => {});
    this.#look();
  }

  /** Tells the cluster that this host lives. */
  async #beat(): Promise<void> {
    const { redis, keys } = this.#store;
    const { host, slots, labels, address } = this.#options;
    const record: HostRecord = {
      host,
      pid: process.pid,
      protocol: protocolVersion,
      labels: [...labels],
      slots,
      busy: Math.min(slots, this.#running),
      load: Math.round(loadavg()[0]! * 100) / 100,
      draining: this.#ending !== null,
      pools: [...this.#pools.values()]
        .filter(({ running }) => running > 0)
        .map(({ id, record: { name }, running }) => ({ id, name, running })),
      instance: this.#instance,
    };
    await redis
      .multi()
      .set(keys.host(host), JSON.stringify(record), "PX", address.leaseMs * 2)
      .sadd(keys.hosts, host)
      .exec();
  }

  get #running(): number {
    return [...this.#pools.values()].reduce((sum, { running }) => sum + running, 0);
  }

  #heard(text: string): void {
    const change = read(changeRecord, text);
    if (change?.kind === "cancel") this.#pools.get(change.pool)?.cancel(change.packs, change.graceMs);
    else if (change !== null) this.#look();
  }

  /** Looks for pools that have begun or ended, once more if one look is under way. */
  #look(): void {
    if (this.#ending) return;
    if (this.#scan) {
      this.#scanAgain = true;
      return;
    }
    this.#scanAgain = false;
    this.#scan = this.#readPools()
      .catch(() => {})
      .finally(() => {
        this.#scan = null;
        if (this.#scanAgain) this.#look();
      });
  }

  async #readPools(): Promise<void> {
    const { redis, keys } = this.#store;
    if ((await redis.get(drainKey(keys, this.#options.host))) === this.#instance) {
      void this.drain();
      return;
    }
    const pools = await redis.hgetall(keys.pools);
    for (const pool of this.#pools.values()) if (pools[pool.id] === undefined) await this.#endPool(pool);
    for (const [id, text] of Object.entries(pools)) {
      const known = this.#pools.get(id);
      if (known) {
        await known.readCancels();
        await this.#checkOwner(known);
        continue;
      }
      const record = read(poolRecord, text);
      if (record === null || this.#ending || !isCompatible(record.protocol)) continue;
      if (!record.needs.every((label) => this.#options.labels.includes(label))) continue;
      const pool = new AgentPool(this.#parts, id, record, this.#options.slots);
      this.#pools.set(id, pool);
      await pool.readCancels();
    }
    this.#share();
  }

  /** A pool whose client has gone without closing it is removed. */
  async #checkOwner(pool: AgentPool): Promise<void> {
    const { redis, keys } = this.#store;
    if ((await redis.exists(keys.owner(pool.id))) === 1) {
      pool.orphanedSince = null;
      return;
    }
    pool.orphanedSince ??= performance.now();
    if (performance.now() - pool.orphanedSince < this.#options.address.leaseMs * 2) return;
    await this.#endPool(pool);
    await pool.clear();
  }

  async #endPool(pool: AgentPool): Promise<void> {
    this.#pools.delete(pool.id);
    await pool.end();
  }

  /** Shares the host among the pools that use it. */
  #share(): void {
    const active = Math.max(1, [...this.#pools.values()].filter(({ running }) => running > 0).length);
    const { slots } = this.#options;
    for (const pool of this.#pools.values()) {
      const isShort = pool.packMs > 0 && pool.packMs < shortPackMs;
      pool.limit(Math.max(1, Math.floor((isShort ? 2 * slots : slots) / active)));
    }
  }

  async #leave(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.race([
      Promise.all([...this.#pools.values()].map((pool) => pool.end().catch(() => {}))),
      later(giveBackMs),
    ]);
    const { redis, keys } = this.#store;
    const { host } = this.#options;
    const own = read(hostRecord, await Promise.race([redis.get(keys.host(host)).catch(() => null), later(500)]));
    if (own?.instance === this.#instance) {
      const left = redis.multi().del(keys.host(host), drainKey(keys, host)).srem(keys.hosts, host).exec();
      await Promise.race([left.catch(() => null), later(500)]);
    }
    this.#subscriber.disconnect();
    redis.disconnect();
  }
}

function later(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms).unref());
}
