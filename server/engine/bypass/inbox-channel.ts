import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";
import { ChannelOffer } from "./channel-offer.js";
import type { ChannelInbox, ChannelNews, ChannelTable, Following, PipeChannel } from "./pipe-channel.js";

/**
 * The place for the channel that leads to one inbox: empty, or with the channel. Decides when to offer the next one.
 */
export class InboxChannel {
  readonly #table: ChannelTable;
  readonly #inbox: ChannelInbox;
  readonly #offer = new ChannelOffer();
  #channel: PipeChannel | null = null;

  constructor(table: ChannelTable, inbox: ChannelInbox) {
    this.#table = table;
    this.#inbox = inbox;
  }

  /** Whether the server itself can give the next item, from the inbox. */
  get servable(): boolean {
    return this.#channel === null || this.#channel.servable;
  }

  /** An item goes through the server; call before it is stored. */
  bypassed(): void {
    this.#channel?.bypassed();
  }

  /**
   * An item was sent through the server from `end`; call after it was stored. `sender` null: the item cannot travel
   * through channels. `mayOffer`: nothing that waits at the inbox needs the server. Then a channel is offered if that
   * is worth it.
   */
  sent(sender: Session | null, end: Handle, mayOffer: () => boolean): void {
    this.#offer.sentBy(sender);
    if (!sender || this.#channel !== null || !this.#offer.isDue || !mayOffer()) return;
    this.#channel = this.#table.offer(this.#inbox, sender, end);
    if (this.#channel === null) this.#offer.unavailable();
  }

  /** A session receives an item of the inbox. `null`: it cannot read channels. */
  received(receiver: Session | null): void {
    this.#offer.receivedBy(receiver);
    this.#channel?.received();
  }

  /** What to tell this session before the next item; null: nothing. */
  news(session: Session, follows: Following | null): ChannelNews | null {
    return (follows && this.#channel?.news(session, follows)) ?? null;
  }

  /** Reclaims the channel if the next item may be in it and `reader` does not read it. Returns whether it did. */
  reclaimUnlessReadBy(reader: Session | null): boolean {
    if (!this.#channel || this.#channel.servable) return false;
    if (reader !== null && this.#channel.isReadBy(reader)) return false;
    this.#channel.reclaim();
    return true;
  }

  /** The writer's end was closed by its last holder. */
  writerClosed(): void {
    this.#channel?.writerClosed();
  }

  /** The receiving end was closed by its last holder. */
  discard(): void {
    this.#channel?.discard();
    this.#channel = null;
  }

  /** The channel has ended. */
  ended(): void {
    this.#channel = null;
    this.#offer.channelEnded();
  }
}
