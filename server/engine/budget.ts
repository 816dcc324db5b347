import { PolyprocError } from "../../protocol/errors.js";
import { LinkedList } from "./linked-list.js";

interface Waiter {
  readonly bytes: number;
  readonly granted: () => void;
}

/**
 * One bound for all memory that the server holds for its peers: messages on their way, items, tasks, results, output. Each owner charges the bytes
 * that it really holds, and releases them when it lets go. A Buffer that is a part of a larger one holds all of it: charge the larger one, or copy.
 *
 * `charge` always succeeds, so the sum can exceed the bound for a moment. Owners that can wait ask `hasRoom` or `whenRoom` first. Requests that free memory or
 * control something (get, recv, cancel, list) never ask.
 */
export class Budget {
  readonly maxBytes: number;
  #usedBytes = 0;
  readonly #waiters = new LinkedList<Waiter>();
  #scheduled = false;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  hasRoom(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.maxBytes;
  }

  charge(bytes: number): void {
    this.#usedBytes += bytes;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    if (this.#waiters.length > 0) this.#schedule();
  }

  /**
   * Charges these bytes as soon as there is room, then calls `granted`: before this returns when there is room and no earlier caller waits, else in the order of the
   * calls. Returns a function that takes a caller that still waits out of the line; it does nothing after the grant. Fails with PayloadTooLarge when the
   * bytes would not fit into an empty server.
   */
  whenRoom(bytes: number, granted: () => void): () => void {
    if (bytes > this.maxBytes) {
      throw new PolyprocError("PayloadTooLarge", `${bytes} bytes are more than this server may hold for all its clients (${this.maxBytes}): send less at once, or raise --max-memory-bytes`, { bytes, maxMemoryBytes: this.maxBytes });
    }
    if (this.#waiters.length === 0 && this.hasRoom(bytes)) {
      this.charge(bytes);
      granted();
      return () => {};
    }
    const link = this.#waiters.push({ bytes, granted });
    return () => {
      this.#waiters.remove(link);
      // The next one may fit where this one did not.
      if (this.#waiters.length > 0) this.#schedule();
    };
  }

  /** Not inside of `release`: its caller is in the middle of a change. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (let next = this.#waiters.first; next && this.hasRoom(next.bytes); next = this.#waiters.first) {
        this.#waiters.shift();
        this.charge(next.bytes);
        next.granted();
      }
    });
  }
}
