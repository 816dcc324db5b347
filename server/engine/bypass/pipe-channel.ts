import * as pipe from "../../../protocol/pipe.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";
import type { Channel } from "../processes/spawner.js";

/** The receiving end, as its channel sees it. */
export interface ChannelInbox {
  readonly handle: Handle;
  /** Items that are at hand, or wait for room. */
  readonly length: number;
  /** What may be received, and by whom, has changed. */
  channelChanged(): void;
  /** The channel is no more. These came out of it; they belong behind the first `ahead` items at hand. */
  channelEnded(items: Uint8Array[], ahead: number, writer: Session): void;
}

/** What a session that asks for the next item is told first: read there; or that nothing more comes there than what is in it. */
export interface ChannelNews {
  channel: { channel: number; path: string; inode: string } | null;
}

/** How a session asks that can read channels: `reads` is the number of the channel that it reads at this end. */
export interface Following {
  readonly reads: number | undefined;
}

/** All channels by their numbers, which are never used again. */
export class ChannelTable {
  readonly #open: () => Channel | null;
  readonly #channels = new Map<number, PipeChannel>();
  #last = 0;

  constructor(open: () => Channel | null) {
    this.#open = open;
  }

  /** Offers this session a way from its end past the server. Null where that cannot be had. */
  offer(inbox: ChannelInbox, writer: Session, writerEnd: Handle): PipeChannel | null {
    const channel = this.#open();
    if (!channel) return null;
    const number = ++this.#last;
    const made = new PipeChannel(number, inbox, channel, writer, writerEnd, () => this.#channels.delete(number));
    this.#channels.set(number, made);
    return made;
  }

  get(number: number): PipeChannel | undefined {
    return this.#channels.get(number);
  }
}

/**
 * One direction of a pipe past the server: from the session that was offered it, once that has entered, to the session that is told of it when it
 * asks for the next item. It ends when either leaves, is asked to, or dies. What is in it then comes into the inbox; but a reader who was told
 * that the writer has left takes it from where it is.
 */
export class PipeChannel {
  readonly number: number;
  readonly #inbox: ChannelInbox;
  readonly #channel: Channel;
  readonly #writer: Session;
  readonly #writerEnd: Handle;
  readonly #onEnd: () => void;
  #writing: "offered" | "entered" | "left" = "offered";
  #reading: "untold" | "reading" | "dismissed" | "left" = "untold";
  #reader: Session | null = null;
  /** How many items of the inbox came before those in here. */
  #ahead = 0;
  #begun: Uint8Array | undefined;
  #reclaimed = false;
  #discarded = false;
  readonly #stops: (() => void)[] = [];

  constructor(number: number, inbox: ChannelInbox, channel: Channel, writer: Session, writerEnd: Handle, onEnd: () => void) {
    this.number = number;
    this.#inbox = inbox;
    this.#channel = channel;
    this.#writer = writer;
    this.#writerEnd = writerEnd;
    this.#onEnd = onEnd;
    this.#stops.push(writer.onEnd(() => this.#writerLeft()));
    writer.peer.notify(pipe.channel, { end: writerEnd, channel: number, path: channel.path, inode: channel.inode });
  }

  /** Whether the next item is the first of the inbox. Otherwise it may be in here. */
  get servable(): boolean {
    if (this.#reading === "untold" && Math.min(this.#ahead, this.#inbox.length) > 0) return true;
    return this.#writing === "offered" || this.#reading === "dismissed";
  }

  /**
   * What this session, which can read channels, is to be told before the next item; null: nothing. A session that asks without naming this
   * channel is told of it again: otherwise it would wait for what is in here.
   */
  news(session: Session, { reads }: Following): ChannelNews | null {
    if (this.#reclaimed) return null;
    if (this.#reading === "untold" && !this.servable) {
      this.#reading = "reading";
      this.#reader = session;
      this.#stops.push(session.onEnd(() => this.#readerLeft()));
      return this.#introduction;
    }
    if (!this.isReadBy(session)) return null;
    if (reads !== this.number) return this.#introduction;
    if (this.#writing !== "left") return null;
    this.#reading = "dismissed";
    return { channel: null };
  }

  get #introduction(): ChannelNews {
    return { channel: { channel: this.number, path: this.#channel.path, inode: this.#channel.inode } };
  }

  isReadBy(session: Session): boolean {
    return this.#reader === session && this.#reading === "reading" && !this.#reclaimed;
  }

  /** An item of the inbox was received. */
  received(): void {
    if (this.#ahead > 0) this.#ahead--;
  }

  /** What this session sends from now on is in here. */
  entered(session: Session): void {
    if (session !== this.#writer || this.#writing !== "offered") return;
    this.#writing = "entered";
    this.#ahead = this.#inbox.length;
    if (!this.#discarded) this.#inbox.channelChanged();
  }

  /** This session, which used it as `end`, does so no more. `begun`: what it has read of an item whose rest is in here. */
  left(session: Session, end: Handle, begun?: Uint8Array): void {
    if (end === this.#writerEnd) {
      if (session === this.#writer) this.#writerLeft();
    } else if (session === this.#reader) {
      this.#begun = begun;
      this.#readerLeft();
    }
  }

  /** Nobody holds the writer's end any more. */
  writerClosed(): void {
    this.#writerLeft();
  }

  /** An item came into the inbox. It is received after what is in here, so nothing more shall come here. */
  bypassed(): void {
    if (this.#writing === "entered") this.reclaim();
  }

  /** Somebody wants what may be in here, and cannot read it: both are asked to leave. */
  reclaim(): void {
    if (this.#reclaimed || this.#writing === "offered") return;
    this.#reclaimed = true;
    this.#askWriterToLeave();
    if (this.#reading === "reading") this.#reader!.peer.notify(pipe.channel, { end: this.#inbox.handle, channel: this.number, path: null });
  }

  /** Nobody holds the receiving end any more. It stays open until the writer, who may be about to open it, has left. */
  discard(): void {
    this.#discarded = true;
    this.#reading = "left";
    if (this.#writing === "left") this.#end();
    else this.#askWriterToLeave();
  }

  #askWriterToLeave(): void {
    if (this.#writing !== "left") this.#writer.peer.notify(pipe.channel, { end: this.#writerEnd, channel: this.number, path: null });
  }

  #writerLeft(): void {
    if (this.#writing === "left") return;
    this.#writing = "left";
    if (this.#reading === "untold" || this.#reading === "left") this.#end();
    else this.#inbox.channelChanged();
  }

  #readerLeft(): void {
    if (this.#reading === "left") return;
    this.#reading = "left";
    if (this.#writing === "left") this.#end();
    // It has lost its reader.
    else this.reclaim();
  }

  #end(): void {
    for (const stop of this.#stops) stop();
    const items = this.#discarded ? [] : this.#channel.drain(this.#begun);
    this.#channel.close();
    this.#onEnd();
    if (!this.#discarded) this.#inbox.channelEnded(items, this.#ahead, this.#writer);
  }
}
