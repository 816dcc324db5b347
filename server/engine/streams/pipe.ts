import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import { ChannelOffer } from "../bypass/channel-offer.js";
import type { PipeDependencies } from "./dependencies.js";
import { dataBytes, ItemStore } from "./item-store.js";
import { kept, letGo, MemoryWait, type Kept } from "../kept.js";
import { LinkedList } from "../linked-list.js";
import type { ChannelInbox, Following, PipeChannel } from "../bypass/pipe-channel.js";
import type { Followed, Received, Receiver, Sender } from "./pipe-waiters.js";
import { brokenPipe, endOfFile, full, noItem } from "./pipe-errors.js";
import type { ReadySource } from "./ready.js";
import { foreignOrigin } from "../origin.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";

export interface PipeEndOptions {
  readable: boolean;
  writable: boolean;
}

export interface PipeEndStatus extends PipeEndOptions {
  items: number;
  bytes: number;
  peerOpen: boolean;
}

/** A request that makes the server reclaim a channel waits at least this long for writer and reader to leave. */
const reclaimMs = 1000;

/**
 * One end of a pipe, and its inbox: the items that were sent to this end and not received. `send` stores an item in the
 * inbox of the peer, the other end. An end is open while a session or a payload refers to it. After that, receivers at
 * its peer get EndOfFile.
 */
export class PipeEnd implements SharedObject, ReadySource, ChannelInbox {
  readonly handle: Handle;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly #engine: PipeDependencies;
  readonly #inbox: ItemStore;
  readonly #receivers = new LinkedList<Receiver>();
  /** Sends through the peer that wait for room in the inbox. */
  readonly #senders = new LinkedList<Sender>();
  readonly #watchers = new Set<() => void>();
  #open = true;
  #peer: PipeEnd | null = null;
  /** The channel that leads to this end; null: none. */
  #channel: PipeChannel | null = null;
  readonly #channelOffer = new ChannelOffer();
  readonly #memoryWait = new MemoryWait();

  constructor(engine: PipeDependencies, handle: Handle, options: PipeEndOptions) {
    this.#engine = engine;
    this.handle = handle;
    this.readable = options.readable;
    this.writable = options.writable;
    this.#inbox = new ItemStore(0, engine.options.limits.maxBufferedBytes);
  }

  /** Makes two ends one pipe. */
  static join(first: PipeEnd, second: PipeEnd): void {
    first.#peer = second;
    second.#peer = first;
  }

  isPeerOf(other: PipeEnd): boolean {
    return this.#peer === other;
  }

  /** Whether `recv` would answer at once: with an item, or with an error such as EndOfFile. */
  get ready(): boolean {
    return (this.#servable && (this.#inbox.length > 0 || !this.#peerOpen)) || !this.#open;
  }

  /** For the channel: items in the inbox, and items whose send waits for room. */
  get length(): number {
    return this.#inbox.length + this.#senders.length;
  }

  /**
   * `early`: the sender does not wait for the answer, so the item must arrive unless the receiving end is closed.
   * `channel`: it may travel through a channel.
   */
  send(
    session: Session,
    item: Payload,
    timeoutMs: number | null | undefined,
    early = false,
    channel = false,
  ): null | Wait<null> {
    this.#requireHeld(session);
    if (!this.writable)
      throw new PolyprocError(
        "BadState",
        `${this.handle} cannot send: it is the receiving end of a one-way pipe; send through the other end`,
      );
    const peer = this.#peer;
    if (!peer || !peer.#open) throw brokenPipe(this.handle);
    const sent = peer.#accept(session, item, timeoutMs, early, this.handle);
    peer.#considerChannel(channel ? session : null, this.handle);
    return sent;
  }

  recv(session: Session, timeoutMs: number | null | undefined): Received | Wait<Received> {
    // Only `follow` answers with a channel.
    return this.#receive(session, timeoutMs, null) as Received | Wait<Received>;
  }

  poll(session: Session, timeoutMs: number | null | undefined): { ready: boolean } | Wait<{ ready: boolean }> {
    return this.#awaitReady(session, timeoutMs, null) as { ready: boolean } | Wait<{ ready: boolean }>;
  }

  /** `recv`, or `poll` if `take` is false, for a session that can read channels. `reads`: the channel that it reads. */
  follow(
    session: Session,
    timeoutMs: number | null | undefined,
    take: boolean,
    reads?: number,
  ): Followed | Wait<Followed> {
    // A channel carries no origins. A session with `blobs: "own"` needs them, so it is not told of channels.
    const follows = session.blobs === "own" ? null : { reads };
    return take ? this.#receive(session, timeoutMs, follows) : this.#awaitReady(session, timeoutMs, follows);
  }

  /** Throws unless this session may poll the end. Reclaims its channel: the caller cannot read channels. */
  requirePollable(session: Session): void {
    this.#requireHeld(session);
    this.#requireReadable();
    this.#reclaimUnlessUsedBy(null);
  }

  onReady(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  status(): PipeEndStatus {
    return {
      readable: this.readable,
      writable: this.writable,
      items: this.#inbox.length,
      bytes: this.#inbox.bytes,
      peerOpen: this.#peerOpen,
    };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: "pipe",
      holders: [],
      waiters: [
        ...Array.from(this.#receivers, ({ wait }) => wait.session.id),
        ...Array.from(this.#senders, (sender) => sender.wait.session.id),
      ],
      value: this.#inbox.length,
      limit: null,
    };
  }

  unreferenced(): void {
    this.#open = false;
    this.#channel?.discard();
    this.#channel = null;
    for (let receiver = this.#receivers.shift(); receiver; receiver = this.#receivers.shift())
      receiver.wait.reject(releasedByAll(this.handle));
    const peer = this.#peer;
    for (let sender = this.#senders.shift(); sender; sender = this.#senders.shift()) {
      this.#forget(sender);
      sender.wait.reject(brokenPipe(peer?.handle ?? this.handle));
    }
    this.#inbox.clear((item) => this.#engine.registry.dropPayload(item.payload, this));
    this.#memoryWait.end();
    this.#tellWatchers();
    if (peer) peer.#peerClosed();
  }

  get #peerOpen(): boolean {
    return this.#peer !== null && this.#peer.#open;
  }

  /** The peer is closed: after the items of inbox and channel, receivers get EndOfFile. */
  #peerClosed(): void {
    for (let sender = this.#senders.shift(); sender; sender = this.#senders.shift()) {
      if (sender.early) {
        this.#letIn(sender);
        sender.wait.resolve(null);
        continue;
      }
      this.#forget(sender);
      sender.wait.reject(releasedByAll(this.#peer?.handle ?? this.handle));
    }
    this.#channel?.writerClosed();
    this.#serve();
    this.#changed();
  }

  channelChanged(): void {
    this.#serve();
    this.#refill();
    // Watchers that can read channels removed themselves when they were told of the channel. The remaining ones cannot
    // read it.
    if (this.#watchers.size > 0) this.#reclaimUnlessUsedBy(null);
  }

  channelEnded(items: Uint8Array[], ahead: number, writer: Session): void {
    this.#channel = null;
    this.#channelOffer.channelEnded();
    const { server } = this.#engine.budget;
    this.#inbox.insert(
      ahead,
      items.map((data) => kept(data, server, writer.owner)),
    );
    this.#serve();
    this.#refill();
    this.#changed();
  }

  get #servable(): boolean {
    return this.#channel === null || this.#channel.servable;
  }

  /** Reclaims the channel if the next item may be in it and `reader` does not read it. Returns whether it did. */
  #reclaimUnlessUsedBy(reader: Session | null): boolean {
    if (!this.#channel || this.#channel.servable) return false;
    if (reader !== null && this.#channel.isReadBy(reader)) return false;
    this.#channel.reclaim();
    return true;
  }

  /** Offers a channel if that is worth it. `sender` null: the item that was sent cannot travel through channels. */
  #considerChannel(sender: Session | null, from: Handle): void {
    this.#channelOffer.sentBy(sender);
    if (
      !sender ||
      this.#channel !== null ||
      !this.#channelOffer.isDue ||
      this.#senders.length > 0 ||
      this.#watchers.size > 0
    )
      return;
    if (this.#receivers.first && !this.#receivers.first.follows) return;
    this.#channel = this.#engine.channels.offer(this, sender, from);
    if (this.#channel === null) this.#channelOffer.unavailable();
  }

  #receive(
    session: Session,
    timeoutMs: number | null | undefined,
    follows: Following | null,
  ): Followed | Wait<Followed> {
    this.#requireHeld(session);
    this.#requireReadable();
    if (this.#receivers.length === 0) {
      const answer = this.#answer(session, follows);
      if (answer) {
        this.#refill();
        this.#changed();
        return answer;
      }
    }
    const reclaimed = this.#reclaimUnlessUsedBy(follows ? session : null);
    if (timeoutMs === 0 && !reclaimed) throw noItem(this.handle);
    const wait = new Wait<Followed>(session, {
      timeoutMs: reclaimed && typeof timeoutMs === "number" ? Math.max(timeoutMs, reclaimMs) : timeoutMs,
      onTimeout: () => {
        throw noItem(this.handle);
      },
      onLeave: () => {
        this.#receivers.remove(link);
        this.#changed();
      },
    });
    const link = this.#receivers.push({ wait, follows });
    this.#changed();
    return wait;
  }

  #awaitReady(
    session: Session,
    timeoutMs: number | null | undefined,
    follows: Following | null,
  ): Followed | Wait<Followed> {
    this.#requireHeld(session);
    this.#requireReadable();
    const answer = () =>
      (follows ? this.#channel?.news(session, follows) : null) ?? (this.ready ? { ready: true } : null);
    const now = answer();
    if (now) return now;
    const reclaimed = this.#reclaimUnlessUsedBy(follows ? session : null);
    if (timeoutMs === 0 && !reclaimed) return { ready: false };
    const wait = new Wait<Followed>(session, {
      timeoutMs: reclaimed && typeof timeoutMs === "number" ? Math.max(timeoutMs, reclaimMs) : timeoutMs,
      onTimeout: () => ({ ready: false }),
      onLeave: () => stop(),
    });
    const stop = this.onReady(() => {
      const then = answer();
      if (!then) return;
      stop();
      wait.resolve(then);
    });
    return wait;
  }

  /** The answer for a receiver now; null: it has to wait. Throws EndOfFile. */
  #answer(session: Session, follows: Following | null): Followed | null {
    const news = follows ? this.#channel?.news(session, follows) : null;
    if (news) return news;
    if (!this.#servable) return null;
    if (this.#inbox.length > 0) {
      session.requireFits(dataBytes(this.#inbox.peek()!), `the next item of ${this.handle}`);
      this.#channelOffer.receivedBy(follows ? session : null);
      this.#channel?.received();
      return this.#take(session);
    }
    if (!this.#peerOpen) throw endOfFile(this.handle);
    return null;
  }

  /** Answers waiting receivers, first come first served. */
  #serve(): void {
    for (let receiver = this.#receivers.first; receiver; receiver = this.#receivers.first) {
      try {
        const answer = this.#answer(receiver.wait.session, receiver.follows);
        if (!answer) {
          this.#reclaimUnlessUsedBy(receiver.follows ? receiver.wait.session : null);
          break;
        }
        this.#receivers.shift();
        receiver.wait.resolve(answer);
      } catch (error) {
        if (!(error instanceof PolyprocError)) throw error;
        this.#receivers.shift();
        receiver.wait.reject(error);
      }
    }
    this.#tellWatchers();
  }

  #accept(
    session: Session,
    payload: Payload,
    timeoutMs: number | null | undefined,
    early: boolean,
    from: Handle,
  ): null | Wait<null> {
    const { registry } = this.#engine;
    registry.retainPayload(payload, this);
    this.#channel?.bypassed();
    const item = kept(payload, session.account);
    if (this.#senders.length === 0 && this.#inbox.admits(item)) {
      this.#store(item);
      return null;
    }
    try {
      if (timeoutMs === 0) throw full(from, this.#inbox.bytes);
      session.holdBack(item.bytes);
    } catch (error) {
      registry.dropPayload(payload, this);
      throw error;
    }
    const wait = new Wait<null>(session, {
      timeoutMs,
      onTimeout: () => {
        throw full(from, this.#inbox.bytes);
      },
      onLeave: () => {
        this.#senders.remove(link);
        if (early && session.ended) this.#letIn(link.value);
        else this.#forget(link.value);
        // A smaller item behind this one may fit.
        this.#refill();
        this.#changed();
      },
    });
    const link = this.#senders.push({ item, wait, early });
    this.#awaitMemory();
    this.#changed();
    return wait;
  }

  #store(item: Kept): void {
    this.#inbox.push(item);
    this.#serve();
    this.#changed();
  }

  #take(session: Session): Received {
    const item = this.#inbox.shift();
    if (item === undefined) throw new PolyprocError("InternalError", "took from an empty pipe");
    letGo(item);
    this.#engine.registry.deliverPayload(session, item.payload, this);
    const origin = foreignOrigin(session, item.origin);
    return origin === null ? { item: item.payload } : { item: item.payload, origin };
  }

  #refill(): void {
    for (let sender = this.#senders.first; sender && this.#inbox.admits(sender.item); sender = this.#senders.first) {
      this.#senders.shift();
      this.#letIn(sender);
      sender.wait.resolve(null);
    }
    this.#awaitMemory();
  }

  /** If the first sender has room here and only lacks server memory: retries it when there is memory. */
  #awaitMemory(): void {
    const item = this.#senders.first?.item;
    if (item && this.#inbox.hasRoom(dataBytes(item))) this.#memoryWait.begin(item, () => this.#refill());
  }

  /** Stores the item of a waiting sender. */
  #letIn(sender: Sender): void {
    sender.wait.session.heldBackEnded(sender.item.bytes);
    this.#store(sender.item);
  }

  /** Drops the item of a waiting sender. */
  #forget(sender: Sender): void {
    sender.wait.session.heldBackEnded(sender.item.bytes);
    this.#engine.registry.dropPayload(sender.item.payload, this);
  }

  #tellWatchers(): void {
    if (this.#watchers.size === 0) return;
    for (const watcher of [...this.#watchers]) watcher();
  }

  #requireHeld(session: Session): void {
    if (!session.references.has(this.handle)) {
      throw new PolyprocError("Closed", `this session has closed ${this.handle}, or never received it`);
    }
  }

  #requireReadable(): void {
    if (!this.readable)
      throw new PolyprocError(
        "BadState",
        `${this.handle} cannot receive: it is the sending end of a one-way pipe; receive from the other end`,
      );
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}
