import type { Session } from "../session.js";

/** A channel is offered after this many items in a row from one session to one other session. */
const firstThreshold = 4;
/** The threshold doubles with each channel that ended, up to this. */
const lastThreshold = 65_536;

/**
 * Decides when to offer a channel for one direction of a pipe: when only one session sends and only one session
 * receives. A third session would force both to leave the channel again.
 */
export class ChannelOffer {
  readonly #sent = new Streak();
  readonly #received = new Streak();
  #threshold = firstThreshold;

  get isDue(): boolean {
    return this.#sent.length >= this.#threshold && this.#received.length >= this.#threshold;
  }

  /** An item was sent. `null`: its sender cannot write to channels, or the item may not travel through one. */
  sentBy(session: Session | null): void {
    this.#sent.continueBy(session);
  }

  /** An item was received. `null`: its receiver cannot read channels. */
  receivedBy(session: Session | null): void {
    this.#received.continueBy(session);
  }

  /**
   * A channel has ended: a longer streak is required for the next one, so that a pipe does not open and close channels
   * all the time.
   */
  channelEnded(): void {
    this.#threshold = Math.min(this.#threshold * 2, lastThreshold);
  }

  /** The operating system gave no FIFO. Trying again soon would fail again. */
  unavailable(): void {
    this.#threshold = lastThreshold;
  }
}

/** Counts how many times in a row the same session sent, or received. */
class Streak {
  #session: Session | null = null;
  length = 0;

  /** `null`: the streak ends. */
  continueBy(session: Session | null): void {
    if (session !== null && session === this.#session) this.length++;
    else {
      this.#session = session;
      this.length = session === null ? 0 : 1;
    }
  }
}
