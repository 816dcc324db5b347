import { payloadData, type Payload } from "../../../protocol/payload.js";
import type { Counter } from "../bypass/tally.js";

/** What an iterator needs of its queue. */
export interface IteratedQueue<T> {
  /** Waits for an item, then takes it, or borrows by the counter up to `max` that are there. */
  take(max: number, counter: Counter | null, signal: AbortSignal): Promise<Payload[]>;
  /** The same without waiting: rejects when there is none. */
  takeNow(max: number, counter: Counter): Promise<Payload[]>;
  /** Returns to the front of the queue, in their order, what was borrowed by these counters and not counted. */
  settle(counters: readonly Counter[]): Promise<void>;
  /** Two for as long as they are needed; null where there are none: nothing can be borrowed, so nothing is taken ahead. */
  counters(): Promise<Counters | null>;
  giveBackCounters(counters: Counters): void;
  /** The session has ended: others may have what was borrowed. */
  isClosed(): boolean;
  decoded(item: Payload): T;
  /** The iterator has items that its loop has not seen, or has them no longer. */
  holdsItems(iterator: HoldsItems, holds: boolean): void;
}

/** Something that holds items which belong into a queue. */
export interface HoldsItems {
  /** Puts them back. Resolves once the queue has them. */
  giveBack(): Promise<void>;
}

/** One batch is lent by one, and the next by the other. */
export type Counters = readonly [Counter, Counter];

/** Batches are as large as a loop consumes in this time, in milliseconds. */
const batchMs = 5;
const maxBatch = 256;
/** What a loop has not come to after this time, in milliseconds, goes back to the queue. */
const holdMs = 20;
/** The server does not keep an item of so many bytes until the next one is asked for. */
const largeBytes = 64 * 1024;

/**
 * What `for await` asks for items. It borrows as many at once as the loop deals with in a few milliseconds, beginning with one, and the next
 * batch while the loop is busy with the last half of this one. It counts what it gives to the loop, so that the server knows what to put back should
 * this process be killed. What it has not given to the loop goes back to the front of the queue when the loop ends, or has become slow.
 */
export class QueueIterator<T> implements AsyncIterator<T, never>, HoldsItems {
  readonly #queue: IteratedQueue<T>;
  /** Ends a request that waits when the loop ends. */
  readonly #ended = new AbortController();
  #counters: Counters | null = null;
  /** Those by which something was borrowed and not settled, in that order. */
  #lent: Counter[] = [];
  /** The present batch, from #at on; by what it was borrowed; when it came, and how many items it had. */
  #items: Payload[] = [];
  #at = 0;
  #counter: Counter | null = null;
  #since = 0;
  #count = 0;
  /** As many came as were asked for: there may be more. */
  #wasFull = false;
  /** How many to ask for. */
  #size = 1;
  /** The next batch, on its way; empty when there was nothing. */
  #next: { size: number; counter: Counter; items: Promise<Payload[]> } | null = null;
  /** Calls of `next` that wait: another one takes its turn behind them. */
  #busy = 0;
  /** Settles when all of these have. */
  #turn: Promise<unknown> = Promise.resolve();
  /** A timer looks whether the loop has become slow. */
  #watched = false;

  constructor(queue: IteratedQueue<T>) {
    this.#queue = queue;
  }

  next(): Promise<IteratorResult<T, never>> {
    if (this.#busy > 0) {
      const turn = this.#turn;
      return this.#takesTurn(async () => {
        await turn;
        return this.#waitForNext();
      });
    }
    if (this.#holds && (performance.now() - this.#since > holdMs || this.#queue.isClosed())) {
      return this.#takesTurn(async () => {
        await this.giveBack();
        return this.#waitForNext();
      });
    }
    if (this.#at === this.#items.length) return this.#takesTurn(() => this.#waitForNext());
    try {
      return Promise.resolve(this.#give());
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  async return(): Promise<IteratorResult<T, never>> {
    this.#ended.abort();
    await this.#turn;
    await this.giveBack();
    return over;
  }

  giveBack(): Promise<void> {
    const held = this.#holds;
    this.#items = [];
    this.#at = 0;
    this.#count = 0;
    this.#next = null;
    this.#size = 1;
    this.#tellHolds();
    const settled = this.#settle();
    // With nothing to go back, it does not matter whether there still is a queue.
    return held ? settled : settled.catch(() => {});
  }

  /** Sent at once, so that what is asked for after this finds the items. */
  #settle(): Promise<void> {
    const lent = this.#lent;
    this.#lent = [];
    this.#counter = null;
    const settled = lent.length === 0 ? Promise.resolve() : this.#queue.settle(lent);
    if (this.#counters) this.#queue.giveBackCounters(this.#counters);
    this.#counters = null;
    return settled;
  }

  /** Not busy any more when the promise resolves, rather than soon after: whoever awaits it may call `next` at once. */
  #takesTurn<R>(action: () => Promise<R>): Promise<R> {
    this.#busy++;
    const result = action().finally(() => this.#busy--);
    this.#turn = Promise.allSettled([this.#turn, result]);
    return result;
  }

  async #waitForNext(): Promise<IteratorResult<T, never>> {
    while (this.#at === this.#items.length) {
      if (this.#ended.signal.aborted) return over;
      this.#measure();
      const next = this.#next;
      let { size, counter } = next ?? { size: this.#size, counter: null };
      let items: Payload[];
      try {
        if (next === null && size > 1) counter = await this.#freeCounter();
        if (counter === null) size = 1;
        items = await (next?.items ?? this.#queue.take(size, this.#borrows(counter), this.#ended.signal));
      } catch (error) {
        if (this.#ended.signal.aborted) return over;
        throw error;
      }
      if (next) {
        // It was given back meanwhile.
        if (this.#next !== next) continue;
        this.#next = null;
      }
      this.#begin(items, size, counter);
    }
    return this.#give();
  }

  /** Not that of the present batch, which may not be used up. */
  async #freeCounter(): Promise<Counter | null> {
    this.#counters ??= await this.#queue.counters();
    return this.#otherCounter();
  }

  #otherCounter(): Counter | null {
    return this.#counters?.find((counter) => counter !== this.#counter) ?? null;
  }

  /** For a request by this counter, which settles what was lent by it before. */
  #borrows<C extends Counter | null>(counter: C): C {
    if (counter !== null) this.#lent = [...this.#lent.filter((other) => other !== counter), counter];
    return counter;
  }

  #begin(items: Payload[], size: number, counter: Counter | null): void {
    this.#items = items;
    this.#at = 0;
    this.#counter = counter;
    this.#count = items.length;
    this.#since = performance.now();
    this.#wasFull = items.length >= size;
    this.#tellHolds();
    if (items.length > 1 || (counter !== null && items.length > 0 && payloadData(items[0]!).length > largeBytes)) this.#watch(holdMs);
  }

  /** The next item, which is there. */
  #give(): IteratorResult<T, never> {
    const item = this.#items[this.#at++]!;
    this.#counter?.add();
    const left = this.#items.length - this.#at;
    if (left === 0) {
      this.#items = [];
      this.#at = 0;
      this.#tellHolds();
    } else if (this.#wasFull && left === this.#count >> 1) {
      this.#fetchAhead();
    }
    return { value: this.#queue.decoded(item), done: false };
  }

  /** The loop has dealt with a batch: how large may the next one be? */
  #measure(): void {
    if (this.#count === 0) return;
    const took = performance.now() - this.#since;
    if (took > batchMs) this.#size = Math.max(1, Math.floor(this.#count * batchMs / took));
    else if (this.#wasFull) this.#size = Math.min(Math.max(this.#size, this.#count * 2), maxBatch);
    this.#count = 0;
  }

  #fetchAhead(): void {
    const counter = this.#otherCounter();
    if (counter === null || this.#next !== null || performance.now() - this.#since > batchMs / 2) return;
    // Whatever is wrong, the request that waits says it again.
    this.#next = { size: this.#size, counter, items: this.#queue.takeNow(this.#size, this.#borrows(counter)).catch(() => []) };
  }

  #watch(ms: number): void {
    if (this.#watched) return;
    this.#watched = true;
    setTimeout(this.#overdue, ms).unref();
  }

  /** Others may want what a loop that has become slow does not come to; and what it was given, the server need not keep. */
  readonly #overdue = (): void => {
    this.#watched = false;
    if (this.#lent.length === 0 || this.#busy > 0) return;
    const left = this.#since + holdMs - performance.now();
    if (left > 0) this.#watch(left);
    // It fails only when the connection has ended, which the next request says.
    else (this.#holds ? this.giveBack() : this.#settle()).catch(() => {});
  };

  /** It has, or is about to get, items that the loop has not come to. */
  get #holds(): boolean {
    return this.#at < this.#items.length || this.#next !== null;
  }

  #tellHolds(): void {
    this.#queue.holdsItems(this, this.#holds);
  }
}

/** The end of a loop that was left: there is no other, so the type has no value for it. */
const over = { value: undefined, done: true } as unknown as IteratorResult<never, never>;
