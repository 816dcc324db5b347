import { randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { QueueLine } from "../engine/streams/queue-link.js";
import type { ClusterAddress } from "./address.js";
import { QueueInStore } from "./queue-in-store.js";
import { forgetScript, queueStatusScript, settleScript, storeScript, takeScript } from "./queue-scripts.js";
import { SharedConnection } from "./shared-connection.js";
import { Signer } from "./signing.js";

/** The queues of one cluster that this server uses. It connects with the first of them. */
export class Queues {
  readonly #address: ClusterAddress;
  readonly #shared: SharedConnection;
  readonly #server = randomBytes(9).toString("hex");
  readonly #signer: Signer;
  readonly #open = new Map<string, QueueInStore>();
  #next = 1;
  readonly #ending = new Set<Promise<void>>();

  constructor(address: ClusterAddress, warn: (text: string) => void) {
    this.#address = address;
    this.#signer = Signer.of(address.keyFile);
    const wakeAll = () => {
      for (const queue of this.#open.values()) queue.wake();
    };
    this.#shared = new SharedConnection(address, warn, {
      prepare,
      channel: ({ keys }) => keys.wakes(this.#server),
      woken: (id) => this.#open.get(id)?.wake(),
      mayHaveMissed: wakeAll,
      // What a server that has died was woken for, or had in its hand, is found by those that look.
      timers: [{ everyMs: address.leaseMs / 3, run: wakeAll }],
    });
  }

  open(name: string): QueueLine {
    const queue = new QueueInStore({
      name,
      id: `${this.#server}.${this.#next++}`,
      cluster: this.#address.name,
      leaseMs: this.#address.leaseMs,
      signer: this.#signer,
      store: () => this.#shared.store(),
      closed: (idle) => this.#closed(queue, idle),
    });
    this.#open.set(queue.id, queue);
    return queue;
  }

  /** Disconnects when the store knows what was given back. */
  async end(): Promise<void> {
    await Promise.all(this.#ending);
    if (this.#open.size === 0) await this.#shared.end();
  }

  #closed(queue: QueueInStore, idle: Promise<unknown>): void {
    this.#open.delete(queue.id);
    const ended = this.#shared.isUsed ? queue.forget(idle, this.#address.leaseMs) : Promise.resolve();
    this.#ending.add(ended);
    void ended.then(() => {
      this.#ending.delete(ended);
      if (this.#open.size === 0 && this.#ending.size === 0) void this.#shared.end();
    });
  }
}

function prepare(redis: Redis): void {
  const scripts = {
    ppqStore: storeScript,
    ppqTake: takeScript,
    ppqSettle: settleScript,
    ppqStatus: queueStatusScript,
    ppqForget: forgetScript,
  };
  for (const [name, lua] of Object.entries(scripts)) redis.defineCommand(name, { numberOfKeys: 7, lua });
}
