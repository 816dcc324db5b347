import * as pipe from "../../../protocol/pipe.js";
import type { Handle } from "../../../protocol/schema.js";
import type { Session } from "../session.js";
import type { Channel } from "./channel.js";

/**
 * The pipe end that receives, as its channel sees it. The items that the server itself holds for this end are its
 * inbox.
 */
export interface ChannelInbox {
  readonly handle: Handle;
  /** Items in the inbox, and items whose send waits for room there. */
  readonly length: number;
  /** A receiver that was blocked may have an answer now. */
  channelChanged(): void;
  /** The channel has ended with these items still in it. They come after the first `ahead` items of the inbox. */
  channelEnded(items: Uint8Array[], ahead: number, writer: Session): void;
}

/**
 * The answer to `pipe/follow` in place of an item. It names a channel: read the next items there. Null: the writer has
 * left, so the items that are in the channel now are the last.
 */
export interface ChannelNews {
  channel: { channel: number; path: string; inode: string } | null;
}

/**
 * A request of a session that can read channels. `reads`: the number of the channel that it already reads at this end.
 */
export interface Following {
  readonly reads: number | undefined;
}

/** All channels, by number. A number is never reused: a late message about an old channel must not hit a new one. */
export class ChannelTable {
  readonly #open: () => Channel | null;
  readonly #channels = new Map<number, PipeChannel>();
  #last = 0;

  constructor(open: () => Channel | null) {
    this.#open = open;
  }

  /** Opens a channel and offers it to `writer`. Null if this platform has no channels, or the FIFO cannot be opened. */
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
 * A FIFO for one direction of a pipe, which carries items from the writer to the reader past the server.
 *
 * 1. The server offers the channel to the writer.
 * 2. The writer enters: what it sends from now on is in the channel.
 * 3. A session that can read channels asks for the next item. The server tells it of the channel, which makes it the
 *    reader.
 * 4. Writer and reader leave: because they want to, because the server reclaims the channel, or because they died.
 *
 * If the writer leaves first, the reader reads the rest, then leaves. If the reader leaves first, the server reclaims
 * the channel. When both have left, the server moves what is still in the FIFO into the inbox.
 */
export class PipeChannel {
  readonly number: number;
  readonly #inbox: ChannelInbox;
  readonly #channel: Channel;
  readonly #writer: Session;
  readonly #writerEnd: Handle;
  readonly #onEnd: () => void;
  /** `asked`: it has entered, and was asked to leave. */
  #writing: "offered" | "entered" | "asked" | "left" = "offered";
  /**
   * - `none`: no reader yet.
   * - `reading`: the reader knows the channel.
   * - `asked`: the reader was asked to leave.
   * - `finishing`: the reader knows that the writer has left.
   * - `discarded`: the receiving end has gone, so what is in the channel is dropped.
   */
  #reading: "none" | "reading" | "asked" | "finishing" | "left" | "discarded" = "none";
  #reader: Session | null = null;
  /** How many items of the inbox were sent before those in the channel. */
  #ahead = 0;
  /** The parts that the reader had read, when it left, of an item whose rest is still in the FIFO. */
  #begun: Uint8Array<ArrayBuffer> | undefined;
  /** Remove the listeners for the end of writer and reader. */
  readonly #stops: (() => void)[] = [];

  constructor(
    number: number,
    inbox: ChannelInbox,
    channel: Channel,
    writer: Session,
    writerEnd: Handle,
    onEnd: () => void,
  ) {
    this.number = number;
    this.#inbox = inbox;
    this.#channel = channel;
    this.#writer = writer;
    this.#writerEnd = writerEnd;
    this.#onEnd = onEnd;
    this.#stops.push(writer.onEnd(() => this.#writerLeft()));
    writer.peer.notify(pipe.channel, { end: writerEnd, channel: number, path: channel.path, inode: channel.inode });
  }

  /**
   * Whether the server itself can give the next item, from the inbox. If false, the next item may be in the channel.
   */
  get servable(): boolean {
    if (this.#reading === "none" && Math.min(this.#ahead, this.#inbox.length) > 0) return true;
    return this.#writing === "offered";
  }

  /**
   * What to tell this session, which can read channels, before the next item; null: nothing. A reader that asks without
   * naming this channel has missed the first answer (its request timed out, say). It gets the answer again:
   * otherwise it would wait for items that only it can read.
   */
  news(session: Session, { reads }: Following): ChannelNews | null {
    if (this.#isReclaimed) return null;
    if (this.#reading === "none" && !this.servable) {
      this.#reading = "reading";
      this.#reader = session;
      this.#stops.push(session.onEnd(() => this.#readerLeft()));
      return this.#introduction;
    }
    if (!this.isReadBy(session)) return null;
    if (reads !== this.number) return this.#introduction;
    if (this.#writing !== "left") return null;
    this.#reading = "finishing";
    return { channel: null };
  }

  /** Both sides, as far as they were there, were asked to leave. */
  get #isReclaimed(): boolean {
    return this.#writing === "asked" || this.#reading === "asked";
  }

  get #introduction(): ChannelNews {
    return { channel: { channel: this.number, path: this.#channel.path, inode: this.#channel.inode } };
  }

  isReadBy(session: Session): boolean {
    return this.#reader === session && this.#isReading;
  }

  get #isReading(): boolean {
    return this.#reading === "reading" || this.#reading === "finishing";
  }

  /** A session received an item of the inbox. */
  received(): void {
    if (this.#ahead > 0) this.#ahead--;
  }

  /** `pipe/entered`: what this session sends from now on is in the channel. Ignored unless it has the offer. */
  entered(session: Session): void {
    if (session !== this.#writer || this.#writing !== "offered") return;
    this.#writing = "entered";
    this.#ahead = this.#inbox.length;
    if (this.#reading !== "discarded") this.#inbox.channelChanged();
  }

  /** `pipe/left`: this session, the writer or the reader at `end`, has left. `begun`: see the field. */
  left(session: Session, end: Handle, begun?: Uint8Array<ArrayBuffer>): void {
    if (end === this.#writerEnd) {
      if (session === this.#writer) this.#writerLeft();
    } else if (session === this.#reader) {
      this.#begun = begun;
      this.#readerLeft();
    }
  }

  /** The writer's end was closed by its last holder. */
  writerClosed(): void {
    this.#writerLeft();
  }

  /**
   * An item goes into the inbox though the writer has entered. It must be received after what is in the channel now,
   * but before what the writer would write later. So the channel has to end.
   */
  bypassed(): void {
    if (this.#writing === "entered") this.reclaim();
  }

  /**
   * Asks writer and reader to leave, because another session sends, or waits for an item that may be in the channel.
   */
  reclaim(): void {
    if (this.#isReclaimed || this.#writing === "offered") return;
    if (this.#writing === "entered") {
      this.#writing = "asked";
      this.#askToLeave(this.#writer, this.#writerEnd);
    }
    if (this.#isReading) {
      this.#reading = "asked";
      this.#askToLeave(this.#reader!, this.#inbox.handle);
    }
  }

  /**
   * The receiving end was closed by its last holder. The FIFO stays until the writer has left, because the writer may
   * be about to open it.
   */
  discard(): void {
    this.#reading = "discarded";
    if (this.#writing === "left") this.#end();
    else this.#askToLeave(this.#writer, this.#writerEnd);
  }

  #askToLeave(session: Session, end: Handle): void {
    session.peer.notify(pipe.channel, { end, channel: this.number, path: null });
  }

  #writerLeft(): void {
    if (this.#writing === "left") return;
    this.#writing = "left";
    if (this.#reading === "none" || this.#readerHasLeft) this.#end();
    else this.#inbox.channelChanged();
  }

  get #readerHasLeft(): boolean {
    return this.#reading === "left" || this.#reading === "discarded";
  }

  #readerLeft(): void {
    if (this.#readerHasLeft) return;
    this.#reading = "left";
    if (this.#writing === "left") this.#end();
    // Without a reader the FIFO would fill up: the writer has to leave too.
    else this.reclaim();
  }

  #end(): void {
    for (const stop of this.#stops) stop();
    const isDropped = this.#reading === "discarded";
    const items = isDropped ? [] : this.#channel.drain(this.#begun);
    this.#channel.close();
    this.#onEnd();
    if (!isDropped) this.#inbox.channelEnded(items, this.#ahead, this.#writer);
  }
}
