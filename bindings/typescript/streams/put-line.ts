import type { Payload } from "../../../protocol/schema.js";
import { payloadBytes } from "../../../protocol/payload.js";
import { Full } from "../session/errors.js";

/** An item of this size or more is sent in a message of its own. */
const ownMessageBytes = 64 * 1024;
const maxBatchBytes = 256 * 1024;
const maxBatchItems = 10_000;
/**
 * Limits how many blocked puts the server queues after a batch has found the queue full. The rest stay in this process.
 */
const maxWaiting = 16;

interface Entry {
  readonly item: Payload;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends `put` calls to a queue that may be full, in the order of the calls. Each `add` resolves as soon as its own item
 * is stored.
 *
 * The calls of one turn of the event loop make one batch, which the server stores as far as the queue has space. The
 * items that did not fit are sent again, one message each, and block in the server until there is space. New items stay
 * here until none is blocked, so that they cannot overtake.
 */
export class PutLine {
  readonly #send: (items: Payload[], timeoutMs: number | null) => Promise<void>;
  readonly #beforeEnd: (action: () => Promise<void> | null) => () => void;
  #entries: Entry[] = [];
  #notBeforeEnd: (() => void) | null = null;
  #scheduled = false;
  /** The batch whose answer is pending. The answer says how many of its items were stored. */
  #attempt: Promise<void> | null = null;
  /**
   * Set by `sent`: once no batch is pending, every item here is sent, in a message of its own that may block in the
   * server.
   */
  #urgent = false;
  /** Messages of one item without an answer. They may be blocked in the server. */
  #waiting = 0;

  /**
   * `send` with `timeoutMs` null blocks until there is space. With 0 it fails with Full, and `data.stored` says how
   * many items were stored.
   *
   * `beforeEnd` registers an action that runs before the session ends. It returns a function that removes the action.
   * Items that are still here are sent by that action.
   */
  constructor(
    send: (items: Payload[], timeoutMs: number | null) => Promise<void>,
    beforeEnd: (action: () => Promise<void> | null) => () => void,
  ) {
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

  /**
   * Sends all items that were added before. A message that is sent after this has returned null, or has resolved,
   * reaches the server after them.
   */
  sent(): Promise<void> | null {
    this.#urgent = true;
    if (!this.#attempt) this.#go();
    return this.#attempt;
  }

  #go(): void {
    // Not while a batch is pending: items of that batch that did not fit must be sent first.
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
      const large = payloadBytes(this.#entries[0]!.item) >= ownMessageBytes;
      // Blocked items come first. Once they are stored, there may be space for a whole batch.
      if (!large && this.#waiting > 0) return;
      const batch = large ? this.#take(1) : this.#take(this.#batchLength());
      if (batch.length === 1) this.#sendOne(batch[0]!);
      else this.#sendSeveral(batch);
    }
  }

  #sendOne({ item, resolve, reject }: Entry): void {
    this.#waiting++;
    this.#send([item], null)
      .then(resolve, reject)
      .finally(() => {
        this.#waiting--;
        this.#go();
      });
  }

  #sendSeveral(batch: readonly Entry[]): void {
    this.#attempt = this.#send(
      batch.map((entry) => entry.item),
      0,
    )
      .then(
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
      )
      .then(() => {
        this.#attempt = null;
        this.#go();
      });
  }

  #batchLength(): number {
    let length = 0;
    let bytes = 0;
    for (const { item } of this.#entries) {
      const size = payloadBytes(item);
      if (length > 0 && (size >= ownMessageBytes || bytes + size > maxBatchBytes || length === maxBatchItems)) break;
      bytes += size;
      length++;
    }
    return length;
  }

  #take(count: number): Entry[] {
    return this.#entries.splice(0, count);
  }
}
