import type { Payload } from "../../../protocol/schema.js";
import { PolyprocError } from "../../../protocol/errors.js";
import { payloadBytes } from "../../../protocol/payload.js";

/** A batch of this many bytes is sent at once, before the end of the turn. */
const maxBatchBytes = 256 * 1024;

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Batches the `put` calls of one turn of the event loop into one message, in the order of the calls. For queues without
 * a limit.
 */
export class PutBatch {
  readonly #send: (items: Payload[]) => Promise<void>;
  #items: Payload[] = [];
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(send: (items: Payload[]) => Promise<void>) {
    this.#send = send;
  }

  /** Resolves when the item is stored. */
  add(item: Payload): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#items.length === 0) queueMicrotask(this.#flush);
      this.#items.push(item);
      this.#waiting.push({ resolve, reject });
      this.#bytes += payloadBytes(item);
      if (this.#bytes >= maxBatchBytes) this.#flush();
    });
  }

  /**
   * Sends the batch now. A message that is sent afterwards reaches the server after all items that were added before.
   */
  sent(): null {
    this.#flush();
    return null;
  }

  readonly #flush = (): void => {
    const items = this.#items;
    if (items.length === 0) return;
    const waiting = this.#waiting;
    this.#items = [];
    this.#waiting = [];
    this.#bytes = 0;
    this.#send(items).then(
      () => {
        for (const { resolve } of waiting) resolve();
      },
      (error: unknown) => {
        const stored = error instanceof PolyprocError ? Number(error.data["stored"] ?? 0) : 0;
        waiting.forEach(({ resolve, reject }, i) => (i < stored ? resolve() : reject(error)));
      },
    );
  };
}
