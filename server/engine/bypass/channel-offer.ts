import type { Session } from "../session.js";

/** So many items in a row from one session to one other, and they are offered a channel; twice as many after each that ended. */
const firstAfter = 4;
const lastAfter = 65_536;

/** When it is worth while to offer a channel: two processes use this direction of a pipe, and nobody else. */
export class ChannelOffer {
  readonly #sent = new Streak();
  readonly #received = new Streak();
  #after = firstAfter;

  get isDue(): boolean {
    return this.#sent.length >= this.#after && this.#received.length >= this.#after;
  }

  /** An item was sent; null: by somebody who cannot write to channels. */
  sentBy(session: Session | null): void {
    this.#sent.continueBy(session);
  }

  /** An item was received; null: by somebody who cannot read channels. */
  receivedBy(session: Session | null): void {
    this.#received.continueBy(session);
  }

  /** A channel has ended, so it was of less use than was thought. */
  ended(): void {
    this.#after = Math.min(this.#after * 2, lastAfter);
  }

  /** There are none. */
  refused(): void {
    this.#after = lastAfter;
  }
}

/** How many times in a row the same session did something. */
class Streak {
  #session: Session | null = null;
  length = 0;

  /** `null` ends it. */
  continueBy(session: Session | null): void {
    if (session !== null && session === this.#session) this.length++;
    else {
      this.#session = session;
      this.length = session === null ? 0 : 1;
    }
  }
}
