import type { Handle, Payload } from "../../../protocol/schema.js";
import type { Connection } from "../session/connection.js";
import type { RequestResult } from "../session/methods.js";
import type { ChannelReader, ReaderEnd } from "./channel-reader.js";
import type { ChannelWriter } from "./channel-writer.js";
import type { ChannelFacts } from "./fifo.js";
import { leftMs, type TakeLimits } from "./take-limits.js";

export interface Received {
  item: Payload;
  origin?: string | undefined;
}

/** What a session knows of its channels. */
interface SessionChannels {
  readonly ends: Map<Handle, PipeChannels>;
  /** False: the server offers none, or this process cannot open its FIFOs. Then it goes on with messages. */
  isPossible: boolean;
}

const sessions = new WeakMap<Connection, SessionChannels>();

/** When an object for an end is collected, it no longer uses the end's channels. */
const collected = new FinalizationRegistry<PipeChannels>((channels) => channels.leaveOne());

/**
 * The channels of one end of a pipe in this process: the one that it writes and the one that it reads. All objects for
 * the end share them.
 */
export class PipeChannels implements ReaderEnd {
  readonly #session: SessionChannels;
  readonly #connection: Connection;
  readonly #end: Handle;
  #users = 0;
  #offer: ChannelWriter | null = null;
  #writer: ChannelWriter | null = null;
  #reader: ChannelReader | null = null;
  /** Channels that this process is about to open, once the code for it has been loaded. */
  readonly #opening = new Set<number>();
  /** Items that came from the server when a receiver had given up. They follow those in the reader's channel. */
  readonly #late: Received[] = [];

  /** The end's channels. The connection must be open. `user`: the object that uses them, until it is collected. */
  static of(connection: Connection, end: Handle, user: object): PipeChannels {
    let session = sessions.get(connection);
    if (!session) sessions.set(connection, (session = watched(connection)));
    let channels = session.ends.get(end);
    if (!channels) session.ends.set(end, (channels = new PipeChannels(session, connection, end)));
    channels.#users++;
    collected.register(user, channels, user);
    return channels;
  }

  private constructor(session: SessionChannels, connection: Connection, end: Handle) {
    this.#session = session;
    this.#connection = connection;
    this.#end = end;
  }

  /** Whether this process can use channels, as far as it knows. */
  get arePossible(): boolean {
    return this.#session.isPossible;
  }

  /** Whether an item came from the server that no receiver has taken. */
  get hasItem(): boolean {
    return this.#late.length > 0;
  }

  /** Whether `write` may succeed. */
  get hasWriter(): boolean {
    return this.#writer !== null || this.#offer !== null;
  }

  /** Whether the item is in a channel. False: it must go through the server. */
  write(item: Payload): boolean {
    const mayTravel = item instanceof Uint8Array;
    if (this.#offer && mayTravel) this.#enter(this.#offer);
    if (mayTravel && this.#writer) return this.#writer.write(item);
    this.#writer?.leave();
    return false;
  }

  /** The next item of the channel that this process reads. Null if it reads none any more; null resolves at once. */
  take(limits: TakeLimits): Promise<Uint8Array | null> | null {
    return this.#reader && this.#reader.take(limits);
  }

  /** The next item, from the channel or from the server. */
  async recv(limits: TakeLimits): Promise<Received> {
    for (;;) {
      const item = await this.take(limits);
      if (item) return { item };
      if (this.#late.length === 0) await this.#ask(limits);
      const late = this.#late.shift();
      if (late) return late;
    }
  }

  async follow(limits: TakeLimits, channel: number): Promise<void> {
    const params = { end: this.#end, timeoutMs: leftMs(limits), channel };
    const { signal } = limits;
    // In the background: the reader keeps the script alive.
    await this.#heard(await this.#connection.request("pipe/follow", params, { signal, background: true }));
  }

  async #ask(limits: TakeLimits): Promise<void> {
    const params = { end: this.#end, timeoutMs: leftMs(limits) };
    const { signal } = limits;
    if (this.arePossible) await this.#heard(await this.#connection.request("pipe/follow", params, { signal }));
    else this.#late.push(await this.#connection.request("pipe/recv", params, { signal }));
  }

  #heard({ item, origin, channel }: RequestResult<"pipe/follow">): Promise<void> | undefined {
    if (item !== undefined) this.#late.push({ item, origin });
    return channel ? this.#introduced(channel) : undefined;
  }

  /** `user` has closed the end. */
  leave(user: object): void {
    collected.unregister(user);
    this.leaveOne();
  }

  /** One object less uses the end. The last one leaves the channels. */
  leaveOne(): void {
    if (--this.#users > 0) return;
    this.#session.ends.delete(this.#end);
    this.ended();
  }

  ended(): void {
    this.#offer?.leave();
    this.#writer?.leave();
    this.#reader?.leave();
  }

  /** `pipe/channel` offers a channel. */
  async offered(facts: ChannelFacts): Promise<void> {
    this.#opening.add(facts.channel);
    const { ChannelWriter: Writer } = await import("./channel-writer.js");
    if (!this.#mayOpen(facts.channel) || this.#writer) return;
    try {
      const writer = new Writer(facts, () => this.#writerLeft(writer));
      this.#offer = writer;
    } catch {
      // The server goes on without an answer.
      this.#session.isPossible = false;
    }
  }

  /** `pipe/channel` without a path. */
  dismissed(channel: number): void {
    this.#opening.delete(channel);
    for (const one of [this.#offer, this.#writer, this.#reader]) {
      if (one?.number !== channel) continue;
      one.leave();
      return;
    }
    this.#left(channel);
  }

  readerLeft(reader: ChannelReader, begun: Uint8Array<ArrayBuffer> | null): void {
    this.#left(reader.number, begun);
  }

  holdLoop(hold: boolean): void {
    if (hold) this.#connection.retainLoop();
    else this.#connection.releaseLoop();
  }

  #enter(writer: ChannelWriter): void {
    this.#offer = null;
    this.#writer = writer;
    this.#connection.notify("pipe/entered", { end: this.#end, channel: writer.number });
    this.#connection.flush();
    // If this process were killed now, what it sent before would be lost, but not what is in the channel.
    if (this.#connection.backlogBytes > 0) writer.leave();
  }

  #writerLeft(writer: ChannelWriter): void {
    if (this.#offer === writer) this.#offer = null;
    if (this.#writer === writer) this.#writer = null;
    this.#left(writer.number);
  }

  /** The server has told this process to read a channel. */
  async #introduced(facts: ChannelFacts): Promise<void> {
    if (this.#reader?.number === facts.channel) return;
    this.#opening.add(facts.channel);
    const { ChannelReader: Reader } = await import("./channel-reader.js");
    if (!this.#mayOpen(facts.channel)) return;
    try {
      const reader = new Reader(this, facts);
      this.#reader = reader;
      void reader.over.then(() => this.#reader === reader && (this.#reader = null));
    } catch {
      this.#session.isPossible = false;
      this.#left(facts.channel);
    }
  }

  /** False: the server has asked this process to leave it, or another call has opened it. */
  #mayOpen(channel: number): boolean {
    return this.#opening.delete(channel) && this.#users > 0 && this.#connection.isOpen;
  }

  #left(channel: number, begun: Uint8Array<ArrayBuffer> | null = null): void {
    if (!this.#connection.isOpen) return;
    this.#connection.notify("pipe/left", { end: this.#end, channel, ...(begun ? { begun } : {}) });
  }
}

function watched(connection: Connection): SessionChannels {
  const ends = new Map<Handle, PipeChannels>();
  connection.on("pipe/channel", ({ end, channel, path, inode }) => {
    const channels = ends.get(end);
    if (path !== null) void channels?.offered({ channel, path, inode });
    else if (channels) channels.dismissed(channel);
    // The end's last object was collected.
    else connection.notify("pipe/left", { end, channel });
  });
  void connection.closed.then(() => {
    for (const channels of ends.values()) channels.ended();
  });
  return { ends, isPossible: connection.facts.capabilities.channels };
}
