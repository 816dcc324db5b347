/** Names of a cluster's keys and channels. The braces keep all of them in one slot of a Redis Cluster. */
export class Keys {
  readonly prefix: string;

  constructor(cluster: string) {
    this.prefix = `pp:{${cluster}}`;
  }

  /** Hash: pool -> its record. */
  get pools(): string {
    return `${this.prefix}:pools`;
  }

  /** Hash of a pool: `job:N` -> its spec, `cancel:PACK` -> `graceMs`. */
  pool(pool: string): string {
    return `${this.prefix}:pool:${pool}`;
  }

  /** Lives as long as the server of the pool's client renews it. */
  owner(pool: string): string {
    return `${this.prefix}:owner:${pool}`;
  }

  /** Set of the names of hosts. Some may be dead. */
  get hosts(): string {
    return `${this.prefix}:hosts`;
  }

  /** A host's record. Lives as long as its agent renews it. */
  host(host: string): string {
    return `${this.prefix}:host:${host}`;
  }

  /** A payload that is too large for its pack or result. */
  blob(pool: string, id: string): string {
    return `${this.prefix}:blob:${pool}:${id}`;
  }

  /** How often a pack that may kill its hosts has begun on one and not ended. Expires. */
  suspect(pool: string, id: string): string {
    return `${this.prefix}:suspect:${pool}:${id}`;
  }

  /** Four keys of a lock or a semaphore, as its scripts take them. */
  permits(kind: string, name: string): string[] {
    return ["holders", "line", "alive", "state"].map((part) => `${this.prefix}:${kind}:${name}:${part}`);
  }

  /** Channel: whose turn it is to get a permit. A hint. */
  get turns(): string {
    return `${this.prefix}:turns`;
  }

  /** Seven keys of a queue, as its scripts take them. */
  queue(name: string): string[] {
    const parts = ["items", "state", "writes", "hands", "leases", "getters", "putters"];
    return parts.map((part) => `${this.prefix}:queue:${name}:${part}`);
  }

  /** Channel: a queue has room or items for this server. A hint. */
  wakes(server: string): string {
    return `${this.prefix}:wakes:${server}`;
  }

  /** Channel: something changed. A hint; the truth is in the keys. */
  get changes(): string {
    return `${this.prefix}:changes`;
  }
}

/** The id of a pack in BullMQ, which takes no plain number. */
export function jobIdOf(pack: number): string {
  return `p${pack}`;
}

export function packOf(jobId: string): number {
  return Number(jobId.slice(1));
}
