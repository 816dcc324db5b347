import { PolyprocError } from "../../../protocol/errors.js";
import type { SyncInfo } from "../../../protocol/events.js";
import type { Handle, Payload } from "../../../protocol/schema.js";
import { InboxChannel } from "../bypass/inbox-channel.js";
import type { PipeDependencies } from "./dependencies.js";
import { Inbox } from "./inbox.js";
import type { ChannelInbox, Following } from "../bypass/pipe-channel.js";
import type { Followed, Received, Receiving } from "./pipe-waiters.js";
import { brokenPipe, endOfFile, noItem } from "./pipe-errors.js";
import type { ReadySource } from "./ready.js";
import { releasedByAll, type SharedObject } from "../registry.js";
import type { Session } from "../session.js";
import { Wait } from "../wait.js";
import { WaitLine } from "../wait-line.js";

/** Milliseconds; null or undefined: no limit. */
type Timeout = number | null | undefined;

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
  readonly #inbox: Inbox;
  readonly #receivers = new WaitLine<Followed, Receiving>(() => this.#changed(), {
    object: this,
    reason: "empty",
  });
  readonly #channel: InboxChannel;
  readonly #watchers = new Set<() => void>();
  #open = true;
  #peer: PipeEnd | null = null;

  constructor(engine: PipeDependencies, handle: Handle, options: PipeEndOptions) {
    this.#engine = engine;
    this.handle = handle;
    this.readable = options.readable;
    this.writable = options.writable;
    const stored = () => {
      this.#serve();
      this.#changed();
    };
    this.#inbox = new Inbox(engine, this, stored, () => this.#changed());
    this.#channel = new InboxChannel(engine.channels, this);
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
    return (this.#channel.servable && (this.#inbox.length > 0 || !this.#peerOpen)) || !this.#open;
  }

  /** For the channel: items in the inbox, and items whose send waits for room. */
  get length(): number {
    return this.#inbox.length + this.#inbox.senderCount;
  }

  /**
   * `cast`: the sender does not wait for the answer, so the item must arrive unless the receiving end is closed.
   * `channel`: it may travel through a channel.
   */
  send(session: Session, item: Payload, timeoutMs: Timeout, cast = false, channel = false): null | Wait<null> {
    this.#requireHeld(session);
    if (!this.writable)
      throw new PolyprocError(
        "BadState",
        `${this.handle} cannot send: it is the receiving end of a one-way pipe; send through the other end`,
      );
    const peer = this.#peer;
    if (!peer || !peer.#open) throw brokenPipe(this.handle);
    this.#engine.registry.retainPayload(item, peer);
    peer.#channel.bypassed();
    const sent = peer.#inbox.accept(session, item, timeoutMs, cast, this.handle);
    peer.#channel.sent(channel ? session : null, this.handle, () => peer.#mayUseChannel);
    return sent;
  }

  recv(session: Session, timeoutMs: Timeout): Received | Wait<Received> {
    // Only `follow` answers with a channel.
    return this.#receive(session, timeoutMs, null) as Received | Wait<Received>;
  }

  poll(session: Session, timeoutMs: Timeout): { ready: boolean } | Wait<{ ready: boolean }> {
    return this.#awaitReady(session, timeoutMs, null) as { ready: boolean } | Wait<{ ready: boolean }>;
  }

  /** `recv`, or `poll` if `take` is false, for a session that can read channels. `reads`: the channel that it reads. */
  follow(session: Session, timeoutMs: Timeout, take: boolean, reads?: number): Followed | Wait<Followed> {
    // A channel carries no origins. A session with `blobs: "own"` needs them, so it is not told of channels.
    const follows = session.usesChannels && session.blobs === "all" ? { reads } : null;
    return take ? this.#receive(session, timeoutMs, follows) : this.#awaitReady(session, timeoutMs, follows);
  }

  /** Throws unless this session may poll the end. Reclaims its channel: the caller cannot read channels. */
  requirePollable(session: Session): void {
    this.#requireHeld(session);
    this.#requireReadable();
    this.#channel.reclaimUnlessReadBy(null);
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
      waiters: [...this.#receivers.sessionIds, ...this.#inbox.senders],
      value: this.#inbox.length,
      limit: null,
    };
  }

  unreferenced(): void {
    this.#open = false;
    this.#channel.discard();
    this.#receivers.rejectAll(releasedByAll(this.handle));
    const peer = this.#peer;
    this.#inbox.close(brokenPipe(peer?.handle ?? this.handle));
    this.#tellWatchers();
    if (peer) peer.#peerClosed();
  }

  get #peerOpen(): boolean {
    return this.#peer !== null && this.#peer.#open;
  }

  /** The peer is closed: after the items of inbox and channel, receivers get EndOfFile. */
  #peerClosed(): void {
    this.#inbox.senderClosed(releasedByAll(this.#peer?.handle ?? this.handle));
    this.#channel.writerClosed();
    this.#serve();
    this.#changed();
  }

  channelChanged(): void {
    this.#serve();
    this.#inbox.refill();
    // Watchers that can read channels removed themselves when they were told of the channel. The remaining ones cannot
    // read it.
    if (this.#watchers.size > 0) this.#channel.reclaimUnlessReadBy(null);
  }

  channelEnded(items: Uint8Array[], ahead: number, writer: Session): void {
    this.#channel.ended();
    this.#inbox.insert(ahead, items, writer);
    this.#serve();
    this.#inbox.refill();
    this.#changed();
  }

  /** Nothing that waits here needs the server. */
  get #mayUseChannel(): boolean {
    const receiver = this.#receivers.first;
    return (
      this.#inbox.senderCount === 0 && this.#watchers.size === 0 && (!receiver || receiver.details.follows !== null)
    );
  }

  /** Reclaims the channel unless this receiver reads it. Returns how long the receiver may wait, in milliseconds. */
  #reclaimFor(session: Session, follows: Following | null, timeoutMs: Timeout): Timeout {
    const reclaimed = this.#channel.reclaimUnlessReadBy(follows ? session : null);
    return reclaimed && typeof timeoutMs === "number" ? Math.max(timeoutMs, reclaimMs) : timeoutMs;
  }

  #receive(session: Session, timeoutMs: Timeout, follows: Following | null): Followed | Wait<Followed> {
    this.#requireHeld(session);
    this.#requireReadable();
    if (this.#receivers.length === 0) {
      const answer = this.#answer(session, follows);
      if (answer) {
        this.#inbox.refill();
        this.#changed();
        return answer;
      }
    }
    const limit = this.#reclaimFor(session, follows, timeoutMs);
    if (limit === 0) throw noItem(this.handle);
    const { wait } = this.#receivers.add(
      session,
      { follows },
      {
        timeoutMs: limit,
        onTimeout: () => {
          throw noItem(this.handle);
        },
      },
    );
    this.#changed();
    return wait;
  }

  #awaitReady(session: Session, timeoutMs: Timeout, follows: Following | null): Followed | Wait<Followed> {
    this.#requireHeld(session);
    this.#requireReadable();
    const answer = () => this.#channel.news(session, follows) ?? (this.ready ? { ready: true } : null);
    const now = answer();
    if (now) return now;
    const limit = this.#reclaimFor(session, follows, timeoutMs);
    if (limit === 0) return { ready: false };
    const wait = new Wait<Followed>(session, {
      timeoutMs: limit,
      onTimeout: () => ({ ready: false }),
      onLeave: () => stop(),
      about: { object: this, reason: "empty" },
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
    const news = this.#channel.news(session, follows);
    if (news) return news;
    if (!this.#channel.servable) return null;
    if (this.#inbox.length > 0) {
      this.#inbox.requireFits(session);
      this.#channel.received(follows ? session : null);
      return this.#inbox.take(session);
    }
    if (!this.#peerOpen) throw endOfFile(this.handle);
    return null;
  }

  /** Answers waiting receivers, first come first served. */
  #serve(): void {
    for (let receiver = this.#receivers.first; receiver; receiver = this.#receivers.first) {
      const { wait, details } = receiver;
      try {
        const answer = this.#answer(wait.session, details.follows);
        if (!answer) {
          this.#channel.reclaimUnlessReadBy(details.follows ? wait.session : null);
          break;
        }
        this.#receivers.shift();
        wait.resolve(answer);
      } catch (error) {
        if (!(error instanceof PolyprocError)) throw error;
        this.#receivers.shift();
        wait.reject(error);
      }
    }
    this.#tellWatchers();
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
