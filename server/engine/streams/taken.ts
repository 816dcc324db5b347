import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";

interface Taken {
  items: number;
  bytes: number;
}

/** How much each session took from a queue and has not put back. It cannot put back more than that. */
export class TakenCounts {
  readonly #queue: Handle;
  readonly #bySession = new WeakMap<Session, Taken>();

  constructor(queue: Handle) {
    this.#queue = queue;
  }

  add(session: Session, items: number, bytes: number): void {
    const taken = this.#bySession.get(session);
    if (taken) {
      taken.items += items;
      taken.bytes += bytes;
    } else {
      this.#bySession.set(session, { items, bytes });
    }
  }

  /** Throws BadState if the session has taken less than this. */
  require(session: Session, items: number, bytes: number): void {
    const taken = this.#bySession.get(session) ?? { items: 0, bytes: 0 };
    if (items <= taken.items && bytes <= taken.bytes) return;
    throw new PolyprocError(
      "BadState",
      `cannot put back ${items} items of ${bytes} bytes: this session has ${taken.items} ` +
        `items of ${taken.bytes} bytes from ${this.#queue}; put back each item once`,
    );
  }
}
