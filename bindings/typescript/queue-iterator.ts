import type { Payload } from "../../protocol/schema.js";

/** What an iterator needs of its queue. */
export interface IteratedQueue<T> {
  /** Waits for an item, then takes up to `max` that are there. */
  take(max: number, signal: AbortSignal): Promise<Payload[]>;
  /** The same without waiting: rejects when there is none. */
  takeNow(max: number): Promise<Payload[]>;
  /** Returns items to the front of the queue, in their order. */
  putBack(items: Payload[]): Promise<void>;
  decoded(item: Payload): T;
  /** The iterator has items that its loop has not seen, or has them no longer. */
  holdsItems(iterator: HoldsItems, holds: boolean): void;
}

/** Something that holds items which belong into a queue. */
export interface HoldsItems {
  /** Puts them back. Resolves once the queue has them. */
  giveBack(): Promise<void>;
}

/** Batches are as large as a loop consumes in this time, in milliseconds. */
const batchMs = 5;
const maxBatch = 256;
/** What a loop has not come to after this time, in milliseconds, goes back to the queue. */
const holdMs = 20;

/**
 * What `for await` asks for items. It takes as many at once as the loop deals with in a few milliseconds, beginning with one, and the next
 * batch while the loop is busy with the last half of this one. What it has taken and not given to the loop goes back to the front of the queue
 * when the loop ends, or has become slow.
 */
export class QueueIterator<T> implements AsyncIterator<T, never>, HoldsItems {
  readonly #queue: IteratedQueue<T>;
  /** Ends a request that waits when the loop ends. */
  readonly #ended = new AbortController();
  /** The present batch, from #at on; when it came, and how many items it had. */
  #items: Payload[] = [];
  #at = 0;
  #since = 0;
  #count = 0;
  /** As many came as were asked for: there may be more. */
  #wasFull = false;
  /** How many to ask for. */
  #size = 1;
  /** The next batch, on its way; empty when there was nothing. */
  #next: { size: number; items: Promise<Payload[]> } | null = null;
  /** Calls of `next` that wait, and items on their way back: a call of `next` takes its turn behind them. */
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
    if (this.#holds && performance.now() - this.#since > holdMs) {
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
    const rest = this.#items.slice(this.#at);
    const next = this.#next;
    this.#items = [];
    this.#at = 0;
    this.#count = 0;
    this.#next = null;
    this.#size = 1;
    if (next === null) return this.#putBack(rest);
    return this.#takesTurn(async () => this.#putBack([...rest, ...await next.items]));
  }

  /** Sent at once, so that what is asked for after this finds the items. */
  #putBack(items: Payload[]): Promise<void> {
    this.#tellHolds();
    return items.length === 0 ? Promise.resolve() : this.#queue.putBack(items);
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
      const size = next?.size ?? this.#size;
      let items: Payload[];
      try {
        items = await (next?.items ?? this.#queue.take(size, this.#ended.signal));
      } catch (error) {
        if (this.#ended.signal.aborted) return over;
        throw error;
      }
      if (next) {
        // It was given back meanwhile.
        if (this.#next !== next) continue;
        this.#next = null;
      }
      this.#begin(items, size);
    }
    return this.#give();
  }

  #begin(items: Payload[], size: number): void {
    this.#items = items;
    this.#at = 0;
    this.#count = items.length;
    this.#since = performance.now();
    this.#wasFull = items.length >= size;
    this.#tellHolds();
    if (items.length > 1) this.#watch(holdMs);
  }

  /** The next item, which is there. */
  #give(): IteratorResult<T, never> {
    const item = this.#items[this.#at++]!;
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
    if (this.#next !== null || performance.now() - this.#since > batchMs / 2) return;
    // Whatever is wrong, the request that waits says it again.
    this.#next = { size: this.#size, items: this.#queue.takeNow(this.#size).catch(() => []) };
  }

  #watch(ms: number): void {
    if (this.#watched) return;
    this.#watched = true;
    setTimeout(this.#overdue, ms).unref();
  }

  /** Others may want what a loop that has become slow does not come to. */
  readonly #overdue = (): void => {
    this.#watched = false;
    if (!this.#holds || this.#busy > 0) return;
    const left = this.#since + holdMs - performance.now();
    if (left > 0) this.#watch(left);
    // It fails only when the connection has ended, which the next request says.
    else this.giveBack().catch(() => {});
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
