import type { Payload } from "../../../protocol/schema.js";
import { payloadBytes } from "../session/codec.js";
import { Full } from "../session/errors.js";

/** Items from this size on have messages of their own. */
const largeBytes = 64 * 1024;
const maxBatchBytes = 256 * 1024;
const maxBatchItems = 10_000;
/** How many of the items that found no room wait for it in the server's line; the others wait here. */
const maxWaiting = 16;

interface Entry {
  readonly item: Payload;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The way of items into a queue that may be full: those of one turn of the event loop go in one message, and each `add` resolves when
 * its own item is stored, never waiting for the room of another. What a message finds no room for goes into the server's line, one by
 * one and in order; what is put meanwhile stays behind it.
 */
export class PutLine {
  readonly #send: (items: Payload[], timeoutMs: number | null) => Promise<void>;
  readonly #beforeEnd: (action: () => Promise<void> | null) => () => void;
  #entries: Entry[] = [];
  #notBeforeEnd: (() => void) | null = null;
  #scheduled = false;
  /** A message of several items, whose answer says how many were stored. */
  #attempt: Promise<void> | null = null;
  /** All that is here is to go as soon as there is no attempt, each into the server's line. */
  #urgent = false;
  /** Items in the server's line. */
  #waiting = 0;

  /**
   * `send` with `timeoutMs` null waits for room; with 0 it fails with Full, whose `data.stored` says how many items went in. `beforeEnd`
   * takes what is to be done, should the session end while items are here, and returns a function that takes it away.
   */
  constructor(send: (items: Payload[], timeoutMs: number | null) => Promise<void>, beforeEnd: (action: () => Promise<void> | null) => () => void) {
    this.#send = send;
    this.#beforeEnd = beforeEnd;
  }

  /** Resolves when the item is stored. */
  add(item: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#entries.push({ item, resolve, reject });
      this.#notBeforeEnd ??= this.#beforeEnd(() => this.sent());
      if (this.#scheduled) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#go();
      });
    });
  }

  /** What is sent after this has returned null, or has resolved, comes after all items that were added before. */
  sent(): Promise<void> | null {
    this.#urgent = true;
    if (!this.#attempt) this.#go();
    return this.#attempt;
  }

  #go(): void {
    // While an attempt is under way, what it finds no room for comes first.
    if (this.#urgent && !this.#attempt) {
      this.#urgent = false;
      for (const entry of this.#take(this.#entries.length)) this.#sendOne(entry);
    }
    this.#sendSome();
    if (this.#entries.length > 0 || this.#attempt) return;
    this.#notBeforeEnd?.();
    this.#notBeforeEnd = null;
  }

  #sendSome(): void {
    while (this.#entries.length > 0 && !this.#attempt) {
      const large = payloadBytes(this.#entries[0]!.item) >= largeBytes;
      // Those that wait are before it: in its turn it may find room with many others.
      if (!large && this.#waiting > 0) return;
      const batch = large ? this.#take(1) : this.#take(this.#batchLength());
      if (batch.length === 1) this.#sendOne(batch[0]!);
      else this.#sendSeveral(batch);
    }
  }

  #sendOne({ item, resolve, reject }: Entry): void {
    this.#waiting++;
    this.#send([item], null).then(resolve, reject).finally(() => {
      this.#waiting--;
      this.#go();
    });
  }

  #sendSeveral(batch: readonly Entry[]): void {
    this.#attempt = this.#send(batch.map((entry) => entry.item), 0).then(
      () => {
        for (const { resolve } of batch) resolve();
      },
      (error: unknown) => {
        const stored = error instanceof Full ? Number(error.data["stored"] ?? 0) : 0;
        for (const { resolve } of batch.slice(0, stored)) resolve();
        const rest = batch.slice(stored);
        if (error instanceof Full) {
          this.#entries = rest.concat(this.#entries);
          for (const entry of this.#take(maxWaiting)) this.#sendOne(entry);
        } else {
          for (const { reject } of rest) reject(error);
        }
      },
    ).then(() => {
      this.#attempt = null;
      this.#go();
    });
  }

  #batchLength(): number {
    let length = 0;
    let bytes = 0;
    for (const { item } of this.#entries) {
      const size = payloadBytes(item);
      if (length > 0 && (size >= largeBytes || bytes + size > maxBatchBytes || length === maxBatchItems)) break;
      bytes += size;
      length++;
    }
    return length;
  }

  #take(count: number): Entry[] {
    return this.#entries.splice(0, count);
  }
}
