import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import { payloadHandles, type Handle, type Payload, payloadBytes } from "../../../protocol/schema.js";
import type { QueueDependencies } from "./dependencies.js";
import { kept, letGo, MemoryWait, type Kept } from "../kept.js";
import { lendingOf, maxLent, type Counter } from "../bypass/lending.js";
import { queueEmpty, queueFull } from "./queue-errors.js";
import { dataBytes, ItemStore } from "./item-store.js";
import { foreignOrigin, returnedOrigin, type Origin } from "../origin.js";
import type { Getting, Putting, Taken } from "./queue-waiters.js";
import { QueueObject, type QueueStatus } from "./queue-object.js";
import { releasedByAll } from "../registry.js";
import type { Session } from "../session.js";
import { TakenCounts } from "./taken.js";
import { UnfinishedItems } from "./unfinished.js";
import type { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

export interface QueueOptions {
  /** 0: no limit. */
  maxSize: number;
  joinable: boolean;
}

/** Most bytes in the answer to one `get`, unless its first item alone is larger. */
const batchBytes = 1024 * 1024;

/**
 * Queue and JoinableQueue. A `get` waits while the queue is empty. A `put` waits while the queue is full or an earlier
 * put waits. Both are served first come first served. A pending `put` of several items stores each as soon as there is
 * room for it.
 */
export class Queue extends QueueObject {
  readonly handle: Handle;
  readonly cluster = null;
  readonly maxSize: number;
  readonly #engine: QueueDependencies;
  readonly #items: ItemStore;
  readonly #putters = new WaitLine<null, Putting>(({ details }) => this.#putterLeft(details), {
    object: this,
    reason: "full",
  });
  readonly #getters = new WaitLine<Taken, Getting>(() => this.#changed(), { object: this, reason: "empty" });
  readonly #closedBy = new WeakSet<Session>();
  readonly #taken: TakenCounts;
  readonly #unfinished: UnfinishedItems;
  /** All sessions have released it. */
  #released = false;
  readonly #memoryWait = new MemoryWait();

  constructor(engine: QueueDependencies, handle: Handle, options: QueueOptions) {
    super();
    this.#engine = engine;
    this.handle = handle;
    this.maxSize = options.maxSize;
    this.#unfinished = new UnfinishedItems(this, options.joinable);
    this.#taken = new TakenCounts(handle);
    this.#items = new ItemStore(options.maxSize, engine.options.limits.maxBufferedBytes);
  }

  put(session: Session, items: readonly Payload[], timeoutMs: number | null | undefined): null | Wait<null> {
    this.#requireOpen(session, "put");
    this.#retain(items);
    const { account } = session;
    const putting: Putting = { session, items: items.map((item) => kept(item, account)), stored: 0, heldBack: 0 };
    if (this.#putters.length === 0) this.#storeAndServe(putting);
    this.#changed();
    if (putting.stored === items.length) return null;
    if (timeoutMs === 0) {
      this.#dropUnstored(putting);
      throw this.#full(putting);
    }
    return this.#wait(putting, timeoutMs);
  }

  /** With a counter: settles the counter's loan, then lends the items by it. */
  get(
    session: Session,
    max: number,
    timeoutMs: number | null | undefined,
    counter: Counter | null = null,
  ): Taken | Wait<Taken> {
    this.#requireOpen(session, "get");
    if (counter) lendingOf(session).settle([counter]);
    if (this.#items.length > 0) {
      const taken = this.#take(session, max, counter);
      this.#refill();
      this.#changed();
      return taken;
    }
    if (timeoutMs === 0) throw queueEmpty(this.handle);
    const { wait } = this.#getters.add(
      session,
      { max, counter },
      {
        timeoutMs,
        onTimeout: () => {
          throw queueEmpty(this.handle);
        },
      },
    );
    this.#changed();
    return wait;
  }

  /** Returns items that the session took and did not use. They go before all others, whether or not there is room. */
  putBack(session: Session, items: readonly Payload[], origins: readonly (string | null)[] = []): null {
    const bytes = items.reduce((sum, item) => sum + payloadBytes(item), 0);
    this.#taken.require(session, items.length, bytes);
    this.#retain(items);
    this.#taken.add(session, -items.length, -bytes);
    const { account } = session;
    for (let i = items.length - 1; i >= 0; i--) {
      const item = kept(items[i]!, account, returnedOrigin(session, origins[i]));
      account.charge(item.bytes);
      this.#drop(session, item.payload);
      this.#items.unshift(item);
    }
    this.serve();
    return null;
  }

  /** The session keeps the first `counted` items of a loan, the others return to their places. Call `serve` next. */
  settled(session: Session, items: readonly Kept[], counted: number): void {
    let bytes = 0;
    for (let i = 0; i < counted; i++) {
      bytes += dataBytes(items[i]!);
      letGo(items[i]!);
    }
    if (counted > 0) this.#taken.add(session, counted, bytes);
    for (let i = items.length - 1; i >= counted; i--) {
      const item = items[i]!;
      if (!this.#released && this.#retainAgain(item.payload)) {
        this.#drop(session, item.payload);
        this.#items.putBack(item);
        continue;
      }
      letGo(item);
      if (this.#released) this.#drop(session, item.payload);
    }
  }

  /** Items have returned: gives them to the waiting getters. */
  serve(): void {
    this.#serveGetters();
    if (!this.#released) this.#changed();
  }

  close(session: Session): null {
    this.#closedBy.add(session);
    return null;
  }

  taskDone(n: number): null {
    return this.#unfinished.done(n);
  }

  join(session: Session, timeoutMs: number | null | undefined): null | Wait<null> {
    return this.#unfinished.join(session, timeoutMs);
  }

  status(): QueueStatus {
    return {
      size: this.#items.length,
      maxSize: this.maxSize,
      unfinished: this.#unfinished.count,
      putters: this.#putters.length,
      getters: this.#getters.length,
      full: this.#items.isFull,
      empty: this.#items.length === 0,
    };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: "queue",
      holders: [],
      waiters: [...this.#putters.sessionIds, ...this.#getters.sessionIds],
      value: this.#items.length,
      limit: this.maxSize,
    };
  }

  unreferenced(): void {
    this.#released = true;
    const error = releasedByAll(this.handle);
    this.#getters.rejectAll(error);
    const putters = this.#putters.takeAll();
    for (const { details } of putters) {
      this.#dropUnstored(details);
      details.session.heldBackEnded(details.heldBack);
    }
    putters.rejectAll(error);
    this.#unfinished.end(error);
    this.#items.clear((item) => this.#engine.registry.dropPayload(item.payload, this));
    this.#memoryWait.end();
  }

  #wait(putting: Putting, timeoutMs: number | null | undefined): Wait<null> {
    const { session } = putting;
    putting.heldBack = putting.items.slice(putting.stored).reduce((sum, item) => sum + item.bytes, 0);
    try {
      session.holdBack(putting.heldBack);
    } catch (error) {
      this.#dropUnstored(putting);
      throw error instanceof PolyprocError ? withStored(error, putting) : error;
    }
    const putter = this.#putters.add(session, putting, {
      timeoutMs,
      onTimeout: () => {
        throw this.#full(putting);
      },
      onCancel: (error) => {
        if (this.#putters.remove(putter)) this.#putterLeft(putting);
        putter.wait.reject(withStored(error, putting));
        return true;
      },
    });
    this.#awaitMemory();
    return putter.wait;
  }

  #putterLeft(putting: Putting): void {
    putting.session.heldBackEnded(putting.heldBack);
    this.#dropUnstored(putting);
    // The next put may fit where this one did not.
    this.#refill();
    this.#changed();
  }

  #retain(items: readonly Payload[]): void {
    const { registry } = this.#engine;
    let retained = 0;
    try {
      for (const item of items) {
        registry.retainPayload(item, this);
        retained++;
      }
    } catch (error) {
      for (const item of items.slice(0, retained)) registry.dropPayload(item, this);
      throw error;
    }
  }

  /**
   * Refers again to the objects in an item that returns from a loan. False if one of them is gone. Then the session has
   * released it, so its program had the item, and the item must not return.
   */
  #retainAgain(item: Payload): boolean {
    try {
      this.#retain([item]);
      return true;
    } catch {
      return false;
    }
  }

  /** Drops the references that the session got together with this item. */
  #drop(session: Session, item: Payload): void {
    for (const handle of payloadHandles(item)) this.#engine.registry.release(session, handle);
  }

  #dropUnstored({ items, stored }: Putting): void {
    for (const { payload } of items.slice(stored)) this.#engine.registry.dropPayload(payload, this);
  }

  /** If the first putter has room here and only lacks server memory: retries it when there is memory. */
  #awaitMemory(): void {
    const putting = this.#putters.first?.details;
    const item = putting?.items[putting.stored];
    if (!item || !this.#items.hasRoom(dataBytes(item))) return;
    this.#memoryWait.begin(item, () => {
      this.#refill();
      this.#changed();
    });
  }

  /** Stores as many of the put's items as fit. Returns whether any did. */
  #store(putting: Putting): boolean {
    const before = putting.stored;
    while (putting.stored < putting.items.length) {
      const item = putting.items[putting.stored]!;
      if (!this.#items.admits(item)) break;
      if (putting.heldBack > 0) {
        putting.session.heldBackEnded(item.bytes);
        putting.heldBack -= item.bytes;
      }
      this.#items.push(item);
      this.#unfinished.added();
      putting.stored++;
    }
    return putting.stored > before;
  }

  #storeAndServe(putting: Putting): void {
    while (this.#store(putting)) this.#serveGetters();
  }

  #serveGetters(): void {
    while (this.#items.length > 0) {
      const getter = this.#getters.shift();
      if (!getter) return;
      const { wait, details } = getter;
      try {
        wait.resolve(this.#take(wait.session, details.max, details.counter));
      } catch (error) {
        if (!(error instanceof PolyprocError)) throw error;
        // The item is too large for this getter's session. It stays for a session that can receive it.
        wait.reject(error);
      }
    }
  }

  /** There may be room: stores the items of waiting putters, in order. */
  #refill(): void {
    for (let putter = this.#putters.first; putter; putter = this.#putters.first) {
      const { wait, details } = putter;
      this.#storeAndServe(details);
      if (details.stored < details.items.length) {
        this.#awaitMemory();
        return;
      }
      this.#putters.shift();
      wait.resolve(null);
    }
  }

  #take(session: Session, max: number, counter: Counter | null): Taken {
    const items: Payload[] = [];
    const origins: (Origin | null)[] = [];
    const lent: Kept[] = [];
    let bytes = 0;
    const most = counter ? Math.min(max, maxLent) : max;
    while (items.length < most) {
      const next = this.#items.peek();
      if (next === undefined) break;
      const itemBytes = dataBytes(next);
      if (items.length === 0) session.requireFits(itemBytes, `the next item of ${this.handle}`);
      else if (bytes + itemBytes > batchBytes) break;
      this.#items.shift();
      bytes += itemBytes;
      this.#engine.registry.deliverPayload(session, next.payload, this);
      items.push(next.payload);
      if (session.blobs === "own") origins.push(foreignOrigin(session, next.origin));
      if (counter) lent.push(next);
      else letGo(next);
    }
    if (counter) lendingOf(session).lend(counter, this, lent);
    else this.#taken.add(session, items.length, bytes);
    return origins.some((origin) => origin !== null) ? { items, origins } : { items };
  }

  #requireOpen(session: Session, action: string): void {
    if (this.#closedBy.has(session))
      throw new PolyprocError("Closed", `this session has closed ${this.handle}, so it cannot ${action}`);
  }

  #full({ stored, items }: Putting): PolyprocError {
    return queueFull(this.handle, this.maxSize, this.#items, stored, items.length);
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}

/** Tells the producer how many of its items are in the queue. */
function withStored({ codeName, message, data }: PolyprocError, { stored }: Putting): PolyprocError {
  return new PolyprocError(codeName, message, { ...data, stored });
}
