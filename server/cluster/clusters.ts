import type {
  ClusterListener,
  ClusterPool,
  ClusterPoolOptions,
  Clusters,
  JobSpec,
  Pack,
} from "../engine/pools/cluster-link.js";
import { parseClusterAddress, type ClusterAddress } from "./address.js";

/** Pools of this server in clusters. What they need is loaded with the first of them. */
export class ClusterTable implements Clusters {
  readonly #password: string | null;
  readonly #warn: (text: string) => void;
  readonly #pools = new Set<LazyPool>();

  /** `password`: for addresses without one. */
  constructor(password: string | null, warn: (text: string) => void) {
    this.#password = password;
    this.#warn = warn;
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

  async hosts(address: string): ReturnType<Clusters["hosts"]> {
    const { listCluster } = await import("./hosts.js");
    return listCluster(this.#parse(address));
  }

  async drain(address: string, host: string): Promise<void> {
    const { drainHost } = await import("./hosts.js");
    await drainHost(this.#parse(address), host);
  }

  /** Removes all pools from their clusters. */
  async end(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => pool.end()));
  }

  #parse(address: string): ClusterAddress {
    return parseClusterAddress(address, this.#password);
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
