import { type Payload, payloadBytes } from "../../../protocol/payload.js";
import type { Counter } from "../bypass/tally.js";

/** What the iterator needs from its queue. */
export interface IteratedQueue<T> {
  /** Waits for an item. Without a counter: takes it. With one: borrows all stored items, up to `max`. */
  take(max: number, counter: Counter | null, signal: AbortSignal): Promise<Payload[]>;
  /** Borrows without waiting. Rejects with Empty if the queue is empty. */
  takeNow(max: number, counter: Counter): Promise<Payload[]>;
  /**
   * Ends the loans of these counters. Items that were not counted go back to the front of the queue, in their order.
   */
  settle(counters: readonly Counter[]): Promise<void>;
  /** Reserves two counters. Null if the session has none: without counters nothing can be borrowed or prefetched. */
  counters(): Promise<Counters | null>;
  giveBackCounters(counters: Counters): void;
  /** Whether the session has ended. The server has then given its borrowed items to other consumers. */
  isClosed(): boolean;
  decoded(item: Payload): T;
  /** Tells the queue whether the iterator holds items that its loop has not received. */
  holdsItems(iterator: HoldsItems, holds: boolean): void;
}

/** A holder of borrowed items. */
export interface HoldsItems {
  /** Returns the items. Resolves once they are in the queue. */
  giveBack(): Promise<void>;
}

/** Batches use the two in turn: one for the current batch, the other for the prefetched one. */
export type Counters = readonly [Counter, Counter];

/** A batch is sized to take a loop this long, in milliseconds. */
const batchMs = 5;
const maxBatch = 256;
/** Items that a loop has not received after this time, in milliseconds, go back to the queue. */
const holdMs = 20;
/**
 * For an item above this size the loan is ended after `holdMs`, not at the next request: until then the server keeps
 * the item in memory.
 */
const largeBytes = 256 * 1024;

/**
 * The iterator behind `for await` over a queue.
 *
 * It borrows items in batches. The first batch has one item; later ones grow to what the loop uses up in a few
 * milliseconds. When a fast loop has half of a full batch left, the next batch is prefetched.
 *
 * Each item that the loop receives is counted in memory that the server reads if this process is killed. The server
 * then puts exactly the uncounted items back. When the loop ends or becomes slow, the iterator itself returns the
 * unused items to the front of the queue.
 */
export class QueueIterator<T> implements AsyncIterator<T, never>, HoldsItems {
  readonly #queue: IteratedQueue<T>;
  /** Cancels the pending request when the loop ends. */
  readonly #ended = new AbortController();
  #counters: Counters | null = null;
  /** Counters with an open loan, oldest first. */
  #lent: Counter[] = [];
  /** The current batch: its items, the next one to give, its counter, when it arrived, and how many items it had. */
  #items: Payload[] = [];
  #at = 0;
  #counter: Counter | null = null;
  #since = 0;
  #count = 0;
  /** The batch was as large as requested, so the queue may hold more. */
  #wasFull = false;
  /** Items to request in the next batch. */
  #size = 1;
  /** The prefetched batch. It may turn out empty. */
  #next: { size: number; counter: Counter; items: Promise<Payload[]> } | null = null;
  /** Pending calls of `next`. A further call waits until they are done. */
  #busy = 0;
  /** Settles when all of these have. */
  #turn: Promise<unknown> = Promise.resolve();
  /** A timer is set that checks whether the loop has become slow. */
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
    // If no item was held, it does not matter that the session or the queue has ended.
    return held ? settled : settled.catch(() => {});
  }

  /** Ends all loans. The message leaves at once, so a request that is sent after it finds the items in the queue. */
  #settle(): Promise<void> {
    const lent = this.#lent;
    this.#lent = [];
    this.#counter = null;
    const settled = lent.length === 0 ? Promise.resolve() : this.#queue.settle(lent);
    if (this.#counters) this.#queue.giveBackCounters(this.#counters);
    this.#counters = null;
    return settled;
  }

  /**
   * Runs the action as the only pending call. `#busy` is lowered before the promise resolves: a caller that awaits it
   * may call `next` at once.
   */
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
        // `giveBack` ran while the prefetched batch was awaited: its items are in the queue again.
        if (this.#next !== next) continue;
        this.#next = null;
      }
      this.#begin(items, size, counter);
    }
    return this.#give();
  }

  /** The counter that the current batch does not use. */
  async #freeCounter(): Promise<Counter | null> {
    this.#counters ??= await this.#queue.counters();
    return this.#otherCounter();
  }

  #otherCounter(): Counter | null {
    return this.#counters?.find((counter) => counter !== this.#counter) ?? null;
  }

  /** Records the loan of the request that follows. The request itself ends the counter's previous loan. */
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
    if (items.length > 1 || (counter !== null && items.length > 0 && payloadBytes(items[0]!) > largeBytes))
      this.#watch(holdMs);
  }

  /** Gives the next item of the current batch. */
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

  /** The loop has used up a batch: sets the size of the next one from the time that it took. */
  #measure(): void {
    if (this.#count === 0) return;
    const took = performance.now() - this.#since;
    if (took > batchMs) this.#size = Math.max(1, Math.floor((this.#count * batchMs) / took));
    else if (this.#wasFull) this.#size = Math.min(Math.max(this.#size, this.#count * 2), maxBatch);
    this.#count = 0;
  }

  #fetchAhead(): void {
    const counter = this.#otherCounter();
    if (counter === null || this.#next !== null || performance.now() - this.#since > batchMs / 2) return;
    // An error is dropped here: the next waiting request meets it again and reports it.
    this.#next = {
      size: this.#size,
      counter,
      items: this.#queue.takeNow(this.#size, this.#borrows(counter)).catch(() => []),
    };
  }

  #watch(ms: number): void {
    if (this.#watched) return;
    this.#watched = true;
    setTimeout(this.#overdue, ms).unref();
  }

  /**
   * The loop has become slow. Returns its unused items, so that other consumers get them, and ends the loans, so that
   * the server frees the memory.
   */
  readonly #overdue = (): void => {
    this.#watched = false;
    if (this.#lent.length === 0 || this.#busy > 0) return;
    const left = this.#since + holdMs - performance.now();
    if (left > 0) this.#watch(left);
    // Fails only if the connection has ended. The next request reports that.
    else (this.#holds ? this.giveBack() : this.#settle()).catch(() => {});
  };

  /** Items of the current batch are left, or a prefetch is pending. */
  get #holds(): boolean {
    return this.#at < this.#items.length || this.#next !== null;
  }

  #tellHolds(): void {
    this.#queue.holdsItems(this, this.#holds);
  }
}

/** The result of `return()`. A queue has no last item, so the type has no value for it. */
const over = { value: undefined, done: true } as unknown as IteratorResult<never, never>;
