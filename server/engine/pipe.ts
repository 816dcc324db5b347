import { PolyprocError } from "../../protocol/errors.js";
import type { SyncInfo } from "../../protocol/events.js";
import { payloadData, type Handle, type Payload } from "../../protocol/schema.js";
import { Deque } from "./deque.js";
import type { Engine } from "./engine.js";
import { LinkedList } from "./linked-list.js";
import type { ReadySource } from "./ready.js";
import { releasedByAll, type SharedObject } from "./registry.js";
import type { Session } from "./session.js";
import { Wait } from "./wait.js";

export interface PipeEndStatus {
  readable: boolean;
  writable: boolean;
  items: number;
  bytes: number;
  peerOpen: boolean;
}

export interface PipeEndOptions {
  readable: boolean;
  writable: boolean;
}

interface Sender {
  readonly item: Payload;
  readonly wait: Wait<null>;
  /** Its sender has gone on: the item must arrive even when the sender leaves. */
  readonly early: boolean;
}

/**
 * One end of a pipe, and the items on their way to it. Whoever receives takes them from here; whoever sends puts them
 * into the peer. An end is open while anybody refers to it: then its peer reads the end of file.
 */
export class PipeEnd implements SharedObject, ReadySource {
  readonly handle: Handle;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly #engine: Engine;
  readonly #inbox = new Deque<Payload>();
  readonly #receivers = new LinkedList<Wait<{ item: Payload }>>();
  /** Sends from the peer that found no room here. */
  readonly #senders = new LinkedList<Sender>();
  readonly #watchers = new Set<() => void>();
  #bytes = 0;
  #open = true;
  #peer: PipeEnd | null = null;

  constructor(engine: Engine, handle: Handle, options: PipeEndOptions) {
    this.#engine = engine;
    this.handle = handle;
    this.readable = options.readable;
    this.writable = options.writable;
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
    return this.#inbox.length > 0 || !this.#peerOpen || !this.#open;
  }

  /** `early`: the sender does not wait for the answer, so only a read end that is gone can keep the item from arriving. */
  send(session: Session, item: Payload, timeoutMs: number | null | undefined, early = false): null | Wait<null> {
    this.#requireHeld(session);
    if (!this.writable) throw new PolyprocError("BadState", `${this.handle} only receives: send through the other end of this one-way pipe`);
    const peer = this.#peer;
    if (!peer || !peer.#open) throw brokenPipe(this.handle);
    return peer.#accept(session, item, timeoutMs, early, this.handle);
  }

  recv(session: Session, timeoutMs: number | null | undefined): { item: Payload } | Wait<{ item: Payload }> {
    this.#requireHeld(session);
    this.#requireReadable();
    if (this.#inbox.length > 0) {
      const item = this.#take(session);
      this.#refill();
      this.#changed();
      return { item };
    }
    if (!this.#peerOpen) throw endOfFile(this.handle);
    if (timeoutMs === 0) throw noItem(this.handle);
    const wait = new Wait<{ item: Payload }>(session, {
      timeoutMs,
      onTimeout: () => {
        throw noItem(this.handle);
      },
      onLeave: () => {
        this.#receivers.remove(link);
        this.#changed();
      },
    });
    const link = this.#receivers.push(wait);
    this.#changed();
    return wait;
  }

  poll(session: Session, timeoutMs: number | null | undefined): { ready: boolean } | Wait<{ ready: boolean }> {
    this.#requireHeld(session);
    this.#requireReadable();
    if (this.ready || timeoutMs === 0) return { ready: this.ready };
    const wait = new Wait<{ ready: boolean }>(session, {
      timeoutMs,
      onTimeout: () => ({ ready: false }),
      onLeave: () => stop(),
    });
    const stop = this.onReady(() => {
      stop();
      wait.resolve({ ready: true });
    });
    return wait;
  }

  /** Fails unless this session may wait for it. */
  requirePollable(session: Session): void {
    this.#requireHeld(session);
    this.#requireReadable();
  }

  onReady(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  status(): PipeEndStatus {
    return { readable: this.readable, writable: this.writable, items: this.#inbox.length, bytes: this.#bytes, peerOpen: this.#peerOpen };
  }

  describe(): SyncInfo {
    return {
      handle: this.handle,
      kind: "pipe",
      holders: [],
      waiters: [...Array.from(this.#receivers, (wait) => wait.session.id), ...Array.from(this.#senders, (sender) => sender.wait.session.id)],
      value: this.#inbox.length,
      limit: null,
    };
  }

  unreferenced(): void {
    this.#open = false;
    for (let wait = this.#receivers.shift(); wait; wait = this.#receivers.shift()) wait.reject(releasedByAll(this.handle));
    const peer = this.#peer;
    for (let sender = this.#senders.shift(); sender; sender = this.#senders.shift()) {
      this.#forget(sender);
      sender.wait.reject(brokenPipe(peer?.handle ?? this.handle));
    }
    for (let item = this.#inbox.shift(); item; item = this.#inbox.shift()) this.#engine.registry.dropPayload(item, this);
    this.#bytes = 0;
    this.#tellWatchers();
    if (peer) peer.#peerClosed();
  }

  get #peerOpen(): boolean {
    return this.#peer !== null && this.#peer.#open;
  }

  /** Nobody can send any more: after what is here already comes the end of file. */
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
    for (let wait = this.#receivers.shift(); wait; wait = this.#receivers.shift()) wait.reject(endOfFile(this.handle));
    this.#tellWatchers();
    this.#changed();
  }

  #accept(session: Session, item: Payload, timeoutMs: number | null | undefined, early: boolean, from: Handle): null | Wait<null> {
    const { registry } = this.#engine;
    registry.retainPayload(item, this);
    if (this.#senders.length === 0 && this.#hasRoom(item)) {
      this.#store(item);
      return null;
    }
    try {
      if (timeoutMs === 0) throw full(from, this.#bytes);
      session.holdBack(payloadData(item).length);
    } catch (error) {
      registry.dropPayload(item, this);
      throw error;
    }
    const wait = new Wait<null>(session, {
      timeoutMs,
      onTimeout: () => {
        throw full(from, this.#bytes);
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
    this.#changed();
    return wait;
  }

  /** To the receiver that waits longest, or into the inbox. */
  #store(item: Payload): void {
    this.#inbox.push(item);
    this.#bytes += payloadData(item).length;
    const wait = this.#receivers.shift();
    if (wait) wait.resolve({ item: this.#take(wait.session) });
    else this.#tellWatchers();
    this.#changed();
  }

  #take(session: Session): Payload {
    const item = this.#inbox.shift();
    if (item === undefined) throw new PolyprocError("InternalError", "took from an empty pipe");
    this.#bytes -= payloadData(item).length;
    this.#engine.registry.deliverPayload(session, item, this);
    return item;
  }

  #refill(): void {
    for (let sender = this.#senders.first; sender && this.#hasRoom(sender.item); sender = this.#senders.first) {
      this.#senders.shift();
      this.#letIn(sender);
      sender.wait.resolve(null);
    }
  }

  /** The item of a sender that was in the line. */
  #letIn(sender: Sender): void {
    sender.wait.session.heldBackBytes -= payloadData(sender.item).length;
    this.#store(sender.item);
  }

  /** An item beyond the limit is let in when it is alone. */
  #hasRoom(item: Payload): boolean {
    return this.#inbox.length === 0 || this.#bytes + payloadData(item).length <= this.#engine.options.limits.maxBufferedBytes;
  }

  #forget(sender: Sender): void {
    sender.wait.session.heldBackBytes -= payloadData(sender.item).length;
    this.#engine.registry.dropPayload(sender.item, this);
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
    if (!this.readable) throw new PolyprocError("BadState", `${this.handle} only sends: receive from the other end of this one-way pipe`);
  }

  #changed(): void {
    this.#engine.events.syncChanged(this, false);
  }
}

function brokenPipe(end: Handle): PolyprocError {
  return new PolyprocError("BrokenPipe", `nobody holds the other end of ${end} any more, so nobody could read this`);
}

function endOfFile(end: Handle): PolyprocError {
  return new PolyprocError("EndOfFile", `nobody holds the other end of ${end} any more, and everything was read`);
}

function noItem(end: Handle): PolyprocError {
  return new PolyprocError("TimedOut", `nothing came through ${end} within timeoutMs`);
}

function full(end: Handle, bytes: number): PolyprocError {
  return new PolyprocError("Full", `${bytes} bytes sent through ${end} wait to be read`, { stored: 0 });
}
