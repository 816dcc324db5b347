import { payloadBytes } from "../../../protocol/payload.js";
import type { Payload } from "../../../protocol/schema.js";
import { encodeFor } from "../session/codec.js";
import type { RequestOptions } from "../session/connection.js";
import { PolyprocError } from "../session/errors.js";
import { registerKind } from "../session/handles.js";
import { PutBatch } from "./put-batch.js";
import { PutLine } from "./put-line.js";
import { QueueIterator } from "./queue-iterator.js";
import { anything, type OptionTable } from "../session/options.js";
import { clusterNameOptions, ExistingHandle, type ClusterNameOptions } from "../session/shared-object.js";
import { beforeSessionEnd } from "../session/session-end.js";
import { SimpleQueue } from "./simple-queue.js";
import { giveBack, holdsItems } from "./taken-ahead.js";
import { tallyOf, type Counter, type Tally } from "../bypass/tally.js";
import { timeoutOf, type AcquireOptions } from "../sync/wait-options.js";

export interface QueueOptions extends ClusterNameOptions {
  /** Most items that the queue holds; `put` waits for space. Default 0: no limit. */
  maxSize?: number | undefined;
}

/** The constructor checks `maxSize`. */
const queueOptions: OptionTable<QueueOptions> = { maxSize: anything, ...clusterNameOptions };

interface Settings {
  joinable: boolean;
}

/**
 * A first-in-first-out queue between processes: Python's `multiprocessing.Queue`, but exact. `put` resolves when the
 * item is stored. `size`, `empty` and `full` are true at the moment of the answer. No item is lost when a producer
 * exits.
 */
export class Queue<T = unknown> extends SimpleQueue<T> {
  readonly #puts: PutBatch | PutLine;

  /** `maxSize`: most items that the queue holds. Default 0: no limit. Throws a TypeError unless it is an integer. */
  constructor(maxSize?: number | QueueOptions, options?: QueueOptions);
  constructor(
    from: number | QueueOptions | ExistingHandle = {},
    more: QueueOptions = {},
    settings: Settings = { joinable: false },
  ) {
    const options = from instanceof ExistingHandle ? {} : typeof from === "number" ? { ...more, maxSize: from } : from;
    const maxSize = (options as QueueOptions | null)?.maxSize ?? 0;
    if (!Number.isSafeInteger(maxSize))
      throw new TypeError(`a queue's maxSize is an integer, 0 for no limit, got ${String(maxSize)}`);
    // As in Python, a size below 0 is no limit either.
    super(
      from instanceof ExistingHandle ? from : options,
      { maxSize: Math.max(maxSize, 0), joinable: settings.joinable, cluster: options.cluster },
      queueOptions,
    );
    // A queue that another process made, or a named one, may have a limit.
    const unlimited = maxSize <= 0 && !(from instanceof ExistingHandle) && options.name === undefined;
    this.#puts = unlimited
      ? new PutBatch((items) => this.#store(items, null))
      : new PutLine(
          (items, timeoutMs) => this.#store(items, timeoutMs),
          (action) => beforeSessionEnd(this.connection, action),
        );
  }

  /**
   * Stores an item; waits while the queue is full. Once it resolves, the item survives this process's end.
   *
   * Rejects with Full after `timeoutMs` (milliseconds; default: no limit), or, with `block: false`, if the queue is
   * full.
   */
  override async put(item: T, options: AcquireOptions = {}): Promise<void> {
    const timeoutMs = timeoutOf(options);
    return this.connection.whenOpen(() => {
      const payload = encodeFor(this.connection, item);
      if (timeoutMs === null && !options.signal) return this.#puts.add(payload);
      return this.#storeAfterPuts([payload], timeoutMs, options.signal);
    }, options.signal);
  }

  /** `put` without waiting: rejects with Full if the queue is full. */
  putNowait(item: T): Promise<void> {
    return this.put(item, { block: false });
  }

  /**
   * Stores the items in their order, in batches. `timeoutMs` (milliseconds; default: no limit) applies to each batch.
   * On expiry rejects with Full. In the `data` of any failure, `stored` says how many items were stored.
   */
  async putMany(items: Iterable<T>, options: AcquireOptions = {}): Promise<void> {
    const timeoutMs = timeoutOf(options);
    await this.connection.whenOpen(async () => {
      let stored = 0;
      for (const payloads of batches(items, (item) => encodeFor(this.connection, item))) {
        try {
          await (stored === 0
            ? this.#storeAfterPuts(payloads, timeoutMs, options.signal)
            : this.#store(payloads, timeoutMs, options.signal));
          stored += payloads.length;
        } catch (error) {
          if (error instanceof PolyprocError) error.data["stored"] = Number(error.data["stored"] ?? 0) + stored;
          throw error;
        }
      }
    }, options.signal);
  }

  /**
   * Waits for an item and takes it. Rejects with Empty after `timeoutMs` (milliseconds; default: no limit), or, with
   * `block: false`, if the queue is empty.
   */
  override async get(options: AcquireOptions = {}): Promise<T> {
    return (await this.#take(1, options))[0]!;
  }

  /** `get` that does not wait: rejects with Empty when there is no item. */
  getNowait(): Promise<T> {
    return this.get({ block: false });
  }

  /** Waits for an item, then takes all stored items, up to `max`, in one message. Rejects with Empty as `get` does. */
  async getMany(max: number, options: AcquireOptions = {}): Promise<T[]> {
    return this.#take(max, options);
  }

  /** Number of stored items. Python's `qsize`. */
  async size(): Promise<number> {
    return (await this.status()).size;
  }

  /** Whether the queue is full at this moment. A queue without a limit never is. */
  async full(): Promise<boolean> {
    return (await this.status()).full;
  }

  /**
   * Takes items one by one. The loop does not end by itself: it waits for more items.
   *
   * A fast loop borrows items in batches: as many as it uses up in about 5 ms, at most 256. Items that the loop has not
   * received go back to the front of the queue when the loop ends, when it has become slow, and before any other call
   * on this queue in this process. If this process dies, at most the item that the loop was working on is lost.
   */
  [Symbol.asyncIterator](): AsyncIterator<T, never> {
    const take = async (max: number, timeoutMs: number | null, counter: Counter | null, options?: RequestOptions) =>
      this.acceptable(
        await this.request(
          "queue/get",
          (queue) => ({ queue, max, timeoutMs, ...(counter && { counter: told(counter) }) }),
          options,
        ),
      );
    let tally: Tally | null;
    return new QueueIterator<T>({
      take: (max, counter, signal) => take(max, null, counter, { signal }),
      takeNow: (max, counter) => take(max, 0, counter),
      settle: async (counters) => {
        await this.request("queue/settle", () => ({ counters: counters.map(told) }));
      },
      counters: async () => (tally = await tallyOf(this.connection))?.takeTwo() ?? null,
      giveBackCounters: (counters) => tally?.giveBack(counters),
      isClosed: () => this.connection.isClosed,
      decoded: (item) => this.decoded(item),
      holdsItems: (iterator, holds) => holdsItems(this.connection, this.handle, iterator, holds),
    });
  }

  override async empty(): Promise<boolean> {
    return (await this.status()).empty;
  }

  protected async status() {
    const whole = this.#whole();
    if (whole) await whole;
    return this.request("queue/status", (queue) => ({ queue }));
  }

  async #take(max: number, options: AcquireOptions): Promise<T[]> {
    const timeoutMs = timeoutOf(options);
    const whole = this.#whole();
    if (whole) await whole;
    const items = await this.acceptable(
      await this.request("queue/get", (queue) => ({ queue, max, timeoutMs }), options),
    );
    return items.map((item) => this.decoded(item));
  }

  /** Returns what loops of this process have borrowed, so that the request that follows sees the whole queue. */
  #whole(): Promise<unknown> | null {
    return this.connection.isOpen ? giveBack(this.connection, this.handle) : null;
  }

  async #storeAfterPuts(items: Payload[], timeoutMs: number | null, signal: AbortSignal | undefined): Promise<void> {
    const sent = this.#puts.sent();
    if (sent) await sent;
    await this.#store(items, timeoutMs, signal);
  }

  async #store(items: Payload[], timeoutMs: number | null, signal?: AbortSignal): Promise<void> {
    await this.request("queue/put", (queue) => ({ queue, items, timeoutMs }), signal ? { signal } : undefined);
  }
}

function told({ slot, count }: Counter): { slot: number; count: number } {
  return { slot, count };
}

/** Limits of one message of `putMany`. */
const batchBytes = 256 * 1024;
const batchItems = 10_000;

function* batches<T>(items: Iterable<T>, encodeItem: (item: T) => Payload): Iterable<Payload[]> {
  let batch: Payload[] = [];
  let bytes = 0;
  for (const item of items) {
    const payload = encodeItem(item);
    // A large item travels alone: two of them might exceed the largest message.
    if (batch.length > 0 && bytes + payloadBytes(payload) > batchBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    bytes += payloadBytes(payload);
    if (batch.push(payload) === batchItems) {
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

type FullConstructor = new <T>(maxSize: number | QueueOptions, options: QueueOptions, settings: Settings) => Queue<T>;

/** A queue that counts unfinished items: `join` waits until `taskDone` was called for each item that was put. */
export class JoinableQueue<T = unknown> extends (Queue as FullConstructor)<T> {
  constructor(maxSize: number | QueueOptions = 0, options: QueueOptions = {}) {
    super(maxSize, options, { joinable: true });
  }

  /** Marks `n` of the items taken (default 1) as done. Rejects with BadState if that is more than are unfinished. */
  async taskDone(n = 1): Promise<void> {
    await this.request("queue/taskDone", (queue) => ({ queue, n }));
  }

  /**
   * Waits until every item that was put is done. Rejects with TimedOut after `timeoutMs` (milliseconds; default: no
   * limit).
   */
  async join(options: AcquireOptions = {}): Promise<void> {
    const timeoutMs = timeoutOf(options);
    await this.request("queue/join", (queue) => ({ queue, timeoutMs }), options);
  }
}

// A handle does not say which class of queue it names. JoinableQueue has all methods of the others.
registerKind("queue", (from) => new (JoinableQueue as unknown as new (from: ExistingHandle) => JoinableQueue)(from));
