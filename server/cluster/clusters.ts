import { hostname } from "node:os";
import type {
  ClusterListener,
  ClusterPool,
  ClusterPoolOptions,
  Clusters,
  JobSpec,
  Pack,
} from "../engine/pools/cluster-link.js";
import type { QueueClusters, QueueLine } from "../engine/streams/queue-link.js";
import type { PermitClusters, PermitLine } from "../engine/sync/permit-link.js";
import { parseClusterAddress, type ClusterAddress } from "./address.js";
import { Permits } from "./permits.js";
import { Queues } from "./queues.js";
import type { BriefStore } from "./brief-store.js";

/** Pools of this server in clusters. What they need is loaded with the first of them. */
export class ClusterTable implements Clusters, PermitClusters, QueueClusters {
  readonly hostname = hostname();
  readonly #password: string | null;
  readonly #warn: (text: string) => void;
  readonly #pools = new Set<LazyPool>();
  readonly #permits = new Map<string, Permits>();
  readonly #queues = new Map<string, Queues>();
  /** By address and password: a wrong password is not hidden by a connection that had the right one. */
  readonly #briefs = new Map<string, BriefStore>();
  #joined: ClusterAddress | null = null;

  /** `password`: for addresses without one. */
  constructor(password: string | null, warn: (text: string) => void) {
    this.#password = password;
    this.#warn = warn;
  }

  /** This server is an agent there: its children can name the cluster without the password. */
  joined(address: ClusterAddress): void {
    this.#joined = address;
  }

  shown(address: string): string {
    return this.#parse(address).shown;
  }

  open(address: string, options: ClusterPoolOptions, listener: ClusterListener): ClusterPool {
    const parsed = this.#parse(address);
    const pool = new LazyPool(async () => {
      const { Gateway } = await import("./gateway.js");
      return new Gateway(parsed, options, {
        ...listener,
        closed: () => {
          this.#pools.delete(pool);
          listener.closed();
        },
        warn: this.#warn,
      });
    });
    this.#pools.add(pool);
    return pool;
  }

  permits(address: string, kind: "lock" | "semaphore", name: string, permits: number): PermitLine {
    const parsed = this.#parse(address);
    let table = this.#permits.get(parsed.shown);
    if (!table) this.#permits.set(parsed.shown, (table = new Permits(parsed, this.#warn)));
    return table.line(kind, name, permits);
  }

  queue(address: string, name: string): QueueLine {
    const parsed = this.#parse(address);
    let table = this.#queues.get(parsed.shown);
    if (!table) this.#queues.set(parsed.shown, (table = new Queues(parsed, this.#warn)));
    return table.open(name);
  }

  async hosts(address: string): ReturnType<Clusters["hosts"]> {
    const { listCluster } = await import("./hosts.js");
    return (await this.#brief(address)).use(listCluster);
  }

  async drain(address: string, host: string): Promise<void> {
    const { drainHost } = await import("./hosts.js");
    await (await this.#brief(address)).use((store) => drainHost(store, host));
  }

  /** Removes all pools from their clusters. */
  async end(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => pool.end()));
  }

  /** All sessions have ended: resolves when the clusters know what they gave back. */
  async endShared(): Promise<void> {
    for (const brief of this.#briefs.values()) brief.end();
    await Promise.all([...this.#permits.values(), ...this.#queues.values()].map((shared) => shared.end()));
  }

  async #brief(address: string): Promise<BriefStore> {
    const { BriefStore } = await import("./brief-store.js");
    const parsed = this.#parse(address);
    const key = JSON.stringify([parsed.shown, parsed.password]);
    let brief = this.#briefs.get(key);
    if (!brief) this.#briefs.set(key, (brief = new BriefStore(parsed)));
    return brief;
  }

  #parse(address: string): ClusterAddress {
    const parsed = parseClusterAddress(address, this.#password);
    return parsed.password === null && parsed.shown === this.#joined?.shown ? this.#joined : parsed;
  }
}

type EndingPool = ClusterPool & { end(): Promise<void> };

/** Passes calls on, in their order, once the module that answers them is loaded. */
class LazyPool implements ClusterPool {
  readonly #pool: Promise<EndingPool>;

  constructor(load: () => Promise<EndingPool>) {
    this.#pool = load();
  }

  describe(job: number, spec: JobSpec): void {
    void this.#pool.then((pool) => pool.describe(job, spec));
  }

  add(packs: readonly Pack[]): void {
    void this.#pool.then((pool) => pool.add(packs));
  }

  cancel(packs: readonly number[], graceMs: number | "waiting"): void {
    void this.#pool.then((pool) => pool.cancel(packs, graceMs));
  }

  close(): void {
    void this.#pool.then((pool) => pool.close());
  }

  async end(): Promise<void> {
    await (await this.#pool).end();
  }
}
