import type { Payload } from "../../../protocol/schema.js";
import { PolyprocError } from "../../../protocol/errors.js";
import { payloadBytes } from "../session/codec.js";

/** A message is sent before the end of the turn when its items come to this many bytes. */
const maxBatchBytes = 256 * 1024;

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** Items that are put in the same turn of the event loop go in one message. Their order stays. */
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

  /** What is sent after this comes after all items that were added before. */
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
      () => { for (const { resolve } of waiting) resolve(); },
      (error: unknown) => {
        const stored = error instanceof PolyprocError ? Number(error.data["stored"] ?? 0) : 0;
        waiting.forEach(({ resolve, reject }, i) => i < stored ? resolve() : reject(error));
      },
    );
  };
}
