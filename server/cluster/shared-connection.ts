import type { Redis } from "ioredis";
import type { ClusterAddress } from "./address.js";
import type { Store } from "./store.js";

/** What is done with a connection once it is there. */
export interface Use {
  /** Defines the programs that Redis runs. */
  prepare(redis: Redis): void;
  /** The channel on which others wake this server. */
  channel(store: Store): string;
  woken(message: string): void;
  /** Messages of an outage are lost: it is as if every one had come. */
  mayHaveMissed(): void;
  /** Called while it is connected, each `everyMs`. */
  readonly timers: readonly { readonly everyMs: number; readonly run: (store: Store) => void }[];
}

interface Connection {
  readonly store: Store;
  readonly subscriber: Redis;
  readonly timers: readonly NodeJS.Timeout[];
}

/** Two connections to a cluster's store, which all users of one kind share. It connects with the first of them. */
export class SharedConnection {
  readonly #address: ClusterAddress;
  readonly #warn: (text: string) => void;
  readonly #use: Use;
  #connection: Promise<Connection> | null = null;

  constructor(address: ClusterAddress, warn: (text: string) => void, use: Use) {
    this.#address = address;
    this.#warn = warn;
    this.#use = use;
  }

  /** It was connected, and has not ended since. */
  get isUsed(): boolean {
    return this.#connection !== null;
  }

  /** Fails with ClusterUnavailable. The next call then tries again. */
  async store(): Promise<Store> {
    if (!this.#connection) {
      const connection = this.#connect();
      this.#connection = connection;
      connection.catch(() => {
        if (this.#connection === connection) this.#connection = null;
      });
    }
    return (await this.#connection).store;
  }

  async end(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.then(disconnect, () => {});
  }

  async #connect(): Promise<Connection> {
    const { openStore } = await import("./store.js");
    const store = await openStore(this.#address, this.#warn);
    this.#use.prepare(store.redis);
    const subscriber = store.redis.duplicate();
    subscriber.on("error", () => {});
    subscriber.on("message", (_channel, message) => this.#use.woken(message));
    subscriber.on("ready", () => this.#use.mayHaveMissed());
    await subscriber.subscribe(this.#use.channel(store));
    const timers = this.#use.timers.map(({ everyMs, run }) => setInterval(() => run(store), everyMs));
    return { store, subscriber, timers };
  }
}

function disconnect({ store, subscriber, timers }: Connection): void {
  for (const timer of timers) clearInterval(timer);
  subscriber.disconnect();
  store.redis.disconnect();
}
