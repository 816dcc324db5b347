import { setTimeout as sleep } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { PolyprocError } from "../../protocol/errors.js";
import type { QueueLine } from "../engine/streams/queue-link.js";
import { openItem, sealedItem } from "./queue-item.js";
import type { Signer } from "./signing.js";
import type { Store } from "./store.js";
import { asUnavailable } from "./unavailable.js";

/** Most bytes that one `take` gives, unless its first item alone is larger. */
const maxTakenBytes = 1024 * 1024;
/** Milliseconds for which a Redis without memory is asked again. */
const fullMs = 30_000;
const fullRetryMs = 250;

type Args = (string | number | Buffer)[];
type Script = (...args: Args) => Promise<unknown>;
type ScriptedRedis = Redis & Record<"ppqStore" | "ppqTakeBuffer" | "ppqSettle" | "ppqStatus" | "ppqForget", Script>;
type ScriptName = Exclude<keyof ScriptedRedis, keyof Redis>;

interface Options {
  readonly name: string;
  /** This use of the queue, among all in the cluster. */
  readonly id: string;
  readonly cluster: string;
  readonly leaseMs: number;
  readonly signer: Signer;
  readonly store: () => Promise<Store>;
  readonly closed: (idle: Promise<unknown>) => void;
}

/** A queue of a cluster, as one server uses it. */
export class QueueInStore implements QueueLine {
  readonly #options: Options;
  readonly #place: string;
  /** Writes go one after the other: the store knows the last one of each user. */
  #writes: Promise<unknown> = Promise.resolve();
  #number = 0;
  /** A take that follows sees what is given back. */
  #returns: Promise<unknown> = Promise.resolve();
  #taken = 0;
  readonly #room = new Hint();
  readonly #arrival = new Hint();
  size = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#place = `${options.cluster}/queue/${options.name}`;
  }

  get id(): string {
    return this.#options.id;
  }

  /** There may be room or items. */
  wake(): void {
    this.#room.come();
    this.#arrival.come();
  }

  async store(items: readonly Uint8Array[], maxSize: number, maxBytes: number): Promise<number> {
    return this.#write(items, (sealed) => [0, maxSize, maxBytes, ...sealed]);
  }

  async giveBack(items: readonly Uint8Array[]): Promise<void> {
    const returned = this.#write(items, (sealed) => [1, 0, 0, ...sealed]);
    this.#returns = returned.catch(() => {});
    await returned;
  }

  async take(max: number, waits: boolean): Promise<readonly (Uint8Array | PolyprocError)[]> {
    await this.#returns;
    this.#arrival.forget();
    const answer = await this.#run("ppqTakeBuffer", ++this.#taken, [max, maxTakenBytes, waits ? 1 : 0]);
    const [size, ...items] = answer as [number, ...Buffer[]];
    this.size = size;
    return items.map((item) => openItem(item, this.#place, this.#options.signer));
  }

  async settle(count: number): Promise<boolean> {
    const [kept, size] = (await this.#run("ppqSettle", this.#taken, [count])) as [number, number];
    this.size = size;
    return kept === 1;
  }

  room(): Promise<void> {
    return this.#room.wait();
  }

  arrival(): Promise<void> {
    return this.#arrival.wait();
  }

  hurry(): void {
    this.wake();
  }

  async status(): Promise<{ size: number; maxSize: number | null; putters: number; getters: number }> {
    const answer = await this.#run("ppqStatus", 0, []);
    const [size = 0, maxSize = -1, putters = 0, getters = 0] = answer as number[];
    this.size = size;
    return { size, maxSize: maxSize < 0 ? null : maxSize, putters, getters };
  }

  close(idle: Promise<unknown>): void {
    this.wake();
    this.#options.closed(idle);
  }

  /** After `idle`, tells the store that this server uses the queue no more. Gives up after `ms`. */
  async forget(idle: Promise<unknown>, ms: number): Promise<void> {
    const told = idle
      .then(() => this.#writes)
      .then(() => this.#run("ppqForget", 0, []))
      .catch(() => {});
    const stop = new AbortController();
    await Promise.race([told, sleep(ms, undefined, { signal: stop.signal }).catch(() => {})]);
    stop.abort();
  }

  #write(items: readonly Uint8Array[], args: (sealed: Buffer[]) => Args): Promise<number> {
    const write = async () => {
      const number = ++this.#number;
      const sealed = items.map((item) => sealedItem(item, this.#place, this.#options.signer));
      this.#room.forget();
      const [stored, size] = await this.#whileFull(() => this.#run("ppqStore", number, args(sealed)));
      this.size = size;
      return stored;
    };
    const written = this.#writes.then(write);
    this.#writes = written.catch(() => {});
    return written;
  }

  /** Redis without memory refuses a write before it begins. */
  async #whileFull(write: () => Promise<unknown>): Promise<[number, number]> {
    const until = performance.now() + fullMs;
    for (;;) {
      try {
        return (await write()) as [number, number];
      } catch (error) {
        if (!/\bOOM\b/.test((error as Error).message) || performance.now() > until) throw error;
        await sleep(fullRetryMs);
      }
    }
  }

  async #run(script: ScriptName, number: number, args: Args): Promise<unknown> {
    try {
      const { keys, redis } = await this.#options.store();
      const { id, name, leaseMs } = this.#options;
      return await (redis as ScriptedRedis)[script](
        ...keys.queue(name),
        ...[id, number, leaseMs, keys.wakes("")],
        ...args,
      );
    } catch (error) {
      throw asUnavailable(error);
    }
  }
}

/** Whether something has come since it was last forgotten. */
class Hint {
  #has = false;
  #waiting: (() => void)[] = [];

  come(): void {
    this.#has = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  forget(): void {
    this.#has = false;
  }

  async wait(): Promise<void> {
    if (!this.#has) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
