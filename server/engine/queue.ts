import { PolyprocError } from "../../protocol/errors.js";
import type { SyncInfo } from "../../protocol/events.js";
import { payloadData, payloadHandles, type Handle, type Payload } from "../../protocol/schema.js";
import { Deque } from "./deque.js";
import type { Engine } from "./engine.js";
import { lendingOf, maxLent, type Counter } from "./lending.js";
import { LinkedList } from "./linked-list.js";
import { releasedByAll, type SharedObject } from "./registry.js";
import type { Session } from "./session.js";
import { Wait } from "./wait.js";

export interface QueueOptions {
  /** 0: no limit. */
  maxSize: number;
  joinable: boolean;
}

export interface QueueStatus {
  size: number;
  maxSize: number;
  unfinished: number;
  putters: number;
  getters: number;
  full: boolean;
  empty: boolean;
}

interface Putter {
  readonly items: readonly Payload[];
  /** How many of them are in the queue. */
  stored: number;
  wait: Wait<null> | null;
  /** Bytes that count as held back for its session while it waits. */
  heldBack: number;
}

interface Getter {
  readonly max: number;
  /** By which the items are lent; null: they are taken. */
  readonly counter: Counter | null;
  readonly wait: Wait<{ items: Payload[] }>;
}

interface Taken {
  items: number;
  bytes: number;
}

/** Items that one `get` takes beyond its first end here, so that an answer stays a small message. */
const batchBytes = 1024 * 1024;

/**
 * Queue and JoinableQueue. Getters wait only while it is empty, putters only while it is full or others wait to put; both are
 * served first come first. A waiting `put` of several items stores them as room comes.
 */
export class Queue implements SharedObject {
  readonly handle: Handle;
  readonly maxSize: number;
  readonly joinable: boolean;
  readonly #engine: Engine;
  readonly #items = new Deque<Payload>();
  readonly #putters = new LinkedList<Putter>();
  readonly #getters = new LinkedList<Getter>();
  readonly #joiners = new LinkedList<Wait<null>>();
  readonly #closedBy = new WeakSet<Session>();
  /** What each session took and has not put back: no more than that can it put back. */
  readonly #takenBy = new WeakMap<Session, Taken>();
  #bytes = 0;
  #unfinished = 0;
  /** Nobody refers to it any more. */
  #released = false;

  constructor(engine: Engine, handle: Handle, options: QueueOptions) {
    this.#engine = engine;
    this.handle = handle;
    this.maxSize = options.maxSize;
    this.joinable = options.joinable;
  }

  put(session: Session, items: readonly Payload[], timeoutMs: number | null | undefined): null | Wait<null> {
    this.#requireOpen(session, "put");
    this.#retain(items);
    const putter: Putter = { items, stored: 0, wait: null, heldBack: 0 };
    if (this.#putters.length === 0) this.#storeAndServe(putter);
    this.#changed();
    if (putter.stored === items.length) return null;
    if (timeoutMs === 0) {
      this.#dropUnstored(putter);
      throw this.#full(putter);
    }
    return this.#wait(session, putter, timeoutMs);
  }

  /** With a counter, the items are lent, and what was lent by it before is settled. */
  get(session: Session, max: number, timeoutMs: number | null | undefined, counter: Counter | null = null): { items: Payload[] } | Wait<{ items: Payload[] }> {
    this.#requireOpen(session, "get");
    if (counter) lendingOf(session).settle([counter]);
    if (this.#items.length > 0) {
      const items = this.#take(session, max, counter);
      this.#refill();
      this.#changed();
      return { items };
    }
    if (timeoutMs === 0) throw this.#empty();
    const wait = new Wait<{ items: Payload[] }>(session, {
      timeoutMs,
      onTimeout: () => {
        throw this.#empty();
      },
      onLeave: () => {
        this.#getters.remove(link);
        this.#changed();
      },
    });
    const link = this.#getters.push({ max, counter, wait });
    this.#changed();
    return wait;
  }

  /** Items that were taken and not used come before all others again, in their order, whether or not there is room. */
  putBack(session: Session, items: readonly Payload[]): null {
    const taken = this.#takenBy.get(session) ?? { items: 0, bytes: 0 };
    const bytes = items.reduce((sum, item) => sum + payloadData(item).length, 0);
    if (items.length > taken.items || bytes > taken.bytes) {
      throw new PolyprocError("BadState", `${items.length} items of ${bytes} bytes are more than this session took from ${this.handle} (${taken.items} items of ${taken.bytes} bytes): put back only what was taken, once`);
    }
    this.#retain(items);
    taken.items -= items.length;
    taken.bytes -= bytes;
    for (let i = items.length - 1; i >= 0; i--) this.#unshift(session, items[i]!);
    this.serve();
    return null;
  }

  /** For `Lending`: the first `counted` of these items are the session's, the others come before all others again. `serve` has to follow. */
  settled(session: Session, items: readonly Payload[], counted: number): void {
    if (counted > 0) this.#countTaken(session, counted, items.slice(0, counted).reduce((sum, item) => sum + payloadData(item).length, 0));
    for (let i = items.length - 1; i >= counted; i--) {
      const item = items[i]!;
      if (this.#released) this.#drop(session, item);
      else if (this.#retainAgain(item)) this.#unshift(session, item);
    }
  }

  /** Items are there that were not: whoever waits for one is served. */
  serve(): void {
    this.#serveGetters();
    if (!this.#released) this.#changed();
  }

  close(session: Session): null {
    this.#closedBy.add(session);
    return null;
  }

  taskDone(n: number): null {
    this.#requireJoinable("taskDone");
    if (n > this.#unfinished) {
      throw new PolyprocError("BadState", `taskDone was called for ${n} items of ${this.handle}, but ${this.#unfinished} are unfinished: call it once for each item taken`);
    }
    this.#unfinished -= n;
    if (this.#unfinished === 0) for (let wait = this.#joiners.shift(); wait; wait = this.#joiners.shift()) wait.resolve(null);
    return null;
  }

  join(session: Session, timeoutMs: number | null | undefined): null | Wait<null> {
    this.#requireJoinable("join");
    if (this.#unfinished === 0) return null;
    if (timeoutMs === 0) throw this.#unfinishedError();
    const wait = new Wait<null>(session, {
      timeoutMs,
      onTimeout: () => {
        throw this.#unfinishedError();
      },
      onLeave: () => {
        this.#joiners.remove(link);
      },
    });
    const link = this.#joiners.push(wait);
    return wait;
  }

  status(): QueueStatus {
    return {
      size: this.#items.length,
      maxSize: this.maxSize,
      unfinished: this.#unfinished,
      putters: this.#putters.length,
      getters: this.#getters.length,
      full: !this.#hasRoom(0),
      empty: this.#items.length === 0,
    };
  }

  describe(): SyncInfo {
    const putters = Array.from(this.#putters, (putter) => putter.wait?.session.id ?? "");
    return {
      handle: this.handle,
      kind: "queue",
      holders: [],
      waiters: [...putters, ...Array.from(this.#getters, (getter) => getter.wait.session.id)],
      value: this.#items.length,
      limit: this.maxSize,
    };
  }

  unreferenced(): void {
    this.#released = true;
    const error = releasedByAll(this.handle);
    for (let getter = this.#getters.shift(); getter; getter = this.#getters.shift()) getter.wait.reject(error);
    for (let putter = this.#putters.shift(); putter; putter = this.#putters.shift()) {
      this.#dropUnstored(putter);
      if (putter.wait) putter.wait.session.heldBackBytes -= putter.heldBack;
      putter.wait?.reject(error);
    }
    for (let wait = this.#joiners.shift(); wait; wait = this.#joiners.shift()) wait.reject(error);
    for (let item = this.#items.shift(); item; item = this.#items.shift()) this.#engine.registry.dropPayload(item, this);
    this.#bytes = 0;
  }

  #wait(session: Session, putter: Putter, timeoutMs: number | null | undefined): Wait<null> {
    putter.heldBack = putter.items.slice(putter.stored).reduce((sum, item) => sum + payloadData(item).length, 0);
    try {
      session.holdBack(putter.heldBack);
    } catch (error) {
      this.#dropUnstored(putter);
      throw error;
    }
    const leave = () => {
      session.heldBackBytes -= putter.heldBack;
      this.#putters.remove(link);
      this.#dropUnstored(putter);
      // Whoever comes next may fit where this one did not.
      this.#refill();
      this.#changed();
    };
    const wait = new Wait<null>(session, {
      timeoutMs,
      onTimeout: () => {
        throw this.#full(putter);
      },
      onLeave: leave,
      onCancel: ({ codeName, message, data }) => {
        leave();
        wait.reject(new PolyprocError(codeName, message, { ...data, stored: putter.stored }));
        return true;
      },
    });
    putter.wait = wait;
    const link = this.#putters.push(putter);
    return wait;
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

  /** Of an item on loan: false when the session has let go of its objects, as only one does that has been handed it. */
  #retainAgain(item: Payload): boolean {
    try {
      this.#retain([item]);
      return true;
    } catch {
      return false;
    }
  }

  /** An item that is retained comes before all others, without the references that came with it to the session. */
  #unshift(session: Session, item: Payload): void {
    this.#drop(session, item);
    this.#items.unshift(item);
    this.#bytes += payloadData(item).length;
  }

  #drop(session: Session, item: Payload): void {
    for (const handle of payloadHandles(item)) this.#engine.registry.release(session, handle);
  }

  #dropUnstored(putter: Putter): void {
    for (let i = putter.stored; i < putter.items.length; i++) this.#engine.registry.dropPayload(putter.items[i]!, this);
  }

  /** An item beyond the limit on bytes is let in when it is alone. */
  #hasRoom(bytes: number): boolean {
    if (this.maxSize > 0 && this.#items.length >= this.maxSize) return false;
    const limit = this.#engine.options.limits.maxBufferedBytes;
    return this.#items.length === 0 || (this.#bytes < limit && this.#bytes + bytes <= limit);
  }

  /** Moves what fits from the putter into the queue. True when anything did. */
  #store(putter: Putter): boolean {
    const before = putter.stored;
    while (putter.stored < putter.items.length) {
      const item = putter.items[putter.stored]!;
      const bytes = payloadData(item).length;
      if (!this.#hasRoom(bytes)) break;
      this.#items.push(item);
      this.#bytes += bytes;
      this.#unfinished++;
      putter.stored++;
    }
    return putter.stored > before;
  }

  #storeAndServe(putter: Putter): void {
    while (this.#store(putter)) this.#serveGetters();
  }

  #serveGetters(): void {
    while (this.#items.length > 0) {
      const getter = this.#getters.shift();
      if (!getter) return;
      getter.wait.resolve({ items: this.#take(getter.wait.session, getter.max, getter.counter) });
    }
  }

  /** Room has come: the putters that wait go on, in their order. */
  #refill(): void {
    for (let putter = this.#putters.first; putter; putter = this.#putters.first) {
      this.#storeAndServe(putter);
      if (putter.stored < putter.items.length) return;
      this.#putters.shift();
      if (putter.wait) putter.wait.session.heldBackBytes -= putter.heldBack;
      putter.wait?.resolve(null);
    }
  }

  #take(session: Session, max: number, counter: Counter | null): Payload[] {
    const items: Payload[] = [];
    let bytes = 0;
    const most = counter ? Math.min(max, maxLent) : max;
    while (items.length < most) {
      const next = this.#items.peek();
      if (next === undefined) break;
      const size = payloadData(next).length;
      if (items.length > 0 && bytes + size > batchBytes) break;
      this.#items.shift();
      bytes += size;
      this.#engine.registry.deliverPayload(session, next, this);
      items.push(next);
    }
    this.#bytes -= bytes;
    if (counter) lendingOf(session).lend(counter, this, items);
    else this.#countTaken(session, items.length, bytes);
    return items;
  }

  #countTaken(session: Session, items: number, bytes: number): void {
    const taken = this.#takenBy.get(session);
    if (taken) {
      taken.items += items;
      taken.bytes += bytes;
    } else {
      this.#takenBy.set(session, { items, bytes });
    }
  }

  #requireOpen(session: Session, action: string): void {
    if (this.#closedBy.has(session)) throw new PolyprocError("Closed", `this session closed ${this.handle} and cannot ${action} any more`);
  }

  #requireJoinable(action: string): void {
    if (!this.joinable) throw new PolyprocError("BadState", `${this.handle} is not joinable, so there is no ${action}: create it with joinable`);
  }

  #full(putter: Putter): PolyprocError {
    const limit = this.maxSize > 0 && this.#items.length >= this.maxSize
      ? `its ${this.maxSize} places are taken`
      : `${this.#bytes} bytes wait to be read`;
    return new PolyprocError("Full", `${this.handle} is full: ${limit}; ${putter.stored} of ${putter.items.length} items were stored`, { stored: putter.stored });
  }

  #empty(): PolyprocError {
    return new PolyprocError("Empty", `${this.handle} has no item`);
  }

  #unfinishedError(): PolyprocError {
    return new PolyprocError("TimedOut", `${this.#unfinished} items of ${this.handle} are unfinished: each item taken needs one taskDone`);
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}
