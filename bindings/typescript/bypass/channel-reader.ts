import { readSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import { PacketJoiner, packetBytes } from "../../../protocol/packet.js";
import { onAbort } from "../session/abort.js";
import { aborted, TimedOut } from "../session/errors.js";
import type { TakeLimits } from "./take-limits.js";
import { type ChannelFacts, forReading, isAgain, openFifo } from "./fifo.js";

/** Milliseconds a reader waits for a packet before it tells the server that it waits. */
const quickMs = 5;

/** What the reader needs of its end. */
export interface ReaderEnd {
  /** Asks the server for the next item: `pipe/follow` with the number of the channel that this process reads. */
  follow(limits: TakeLimits, channel: number): Promise<void>;
  /** The channel was left. `begun`: what was read of an item whose last part is missing. */
  readerLeft(reader: ChannelReader, begun: Uint8Array<ArrayBuffer> | null): void;
  /** Keeps the program alive while an item is awaited. */
  holdLoop(hold: boolean): void;
}

interface Take {
  readonly limits: TakeLimits;
  readonly resolve: (item: Uint8Array | null) => void;
  readonly reject: (error: unknown) => void;
  /** Removes the listener of the signal. */
  stop: () => void;
  /** `new`: less than `quickMs` old. */
  state: "new" | "waiting" | AbortController;
}

const packet = Buffer.alloc(packetBytes);

/**
 * The receiving side of a channel.
 *
 * While nothing is awaited, no packet is read: another process may be the next reader. A socket whose `onread` returns
 * false stops after one packet.
 */
export class ChannelReader {
  readonly number: number;
  readonly #end: ReaderEnd;
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #joiner = new PacketJoiner();
  /** In the order of their calls: each packet is for the first of them. */
  readonly #takes = new Set<Take>();
  /** `finishing`: the writer has left. What is in the FIFO is the rest. */
  #state: "open" | "finishing" | "left" = "open";
  #timer: NodeJS.Timeout | null = null;
  /** Requests of takes to the server, also those that were cancelled. */
  readonly #asked = new Set<Promise<void>>();
  #tellOver: () => void = () => {};
  /** Resolves when the channel was left and the server has answered all requests. */
  readonly over: Promise<void> = new Promise((resolve) => {
    this.#tellOver = resolve;
  });

  /** Throws if this process cannot open the FIFO. */
  constructor(end: ReaderEnd, facts: ChannelFacts) {
    this.number = facts.channel;
    this.#end = end;
    this.#fd = openFifo(facts, forReading);
    const onread = { buffer: new Uint8Array(packetBytes), callback: this.#onPacket };
    // The types know `onread` only as an option of `connect`; the constructor takes it as well.
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false, onread } as SocketConstructorOpts);
    this.#socket.pause();
    this.#socket.unref();
    // Only when the server has ended.
    this.#socket.on("end", () => this.leave()).on("error", () => this.leave());
  }

  /** The next item; null when the channel is over. Rejects with TimedOut, or with Cancelled when the signal fires. */
  take(limits: TakeLimits): Promise<Uint8Array | null> {
    const rest = this.#state === "finishing" ? this.#takeRest() : null;
    if (rest) return Promise.resolve(rest);
    if (this.#state === "left") return this.over.then(() => null);
    return new Promise((resolve, reject) => {
      if (limits.signal?.aborted) throw aborted(limits.signal);
      const take: Take = { limits, resolve, reject, stop: () => {}, state: "new" };
      this.#takes.add(take);
      if (this.#takes.size === 1) {
        this.#end.holdLoop(true);
        this.#socket.resume();
      }
      const { signal } = limits;
      if (signal) take.stop = onAbort(signal, () => this.#fail(take, aborted(signal)));
      if (limits.deadline !== Infinity && limits.deadline - performance.now() < quickMs) this.#askServer(take);
      else this.#watch();
    });
  }

  /** The writer has left: the takes get the rest, then null. */
  finish(): void {
    if (this.#state !== "open") return;
    this.#state = "finishing";
    this.#socket.pause();
    while (this.#takes.size > 0) {
      const item = this.#takeRest();
      if (item === null) break;
      this.#settle(item);
    }
  }

  leave(): void {
    if (this.#state === "left") return;
    this.#state = "left";
    if (this.#timer) clearTimeout(this.#timer);
    this.#socket.destroy();
    for (const { state } of this.#takes) if (state instanceof AbortController) state.abort();
    this.#end.readerLeft(this, this.#joiner.begun);
    void Promise.allSettled(this.#asked).then(() => {
      // An answer may have brought an item. It is for the first take, so no take may ask the server before.
      while (this.#takes.size > 0) this.#settle(null);
      this.#tellOver();
    });
  }

  /** True: the socket reads on. */
  readonly #onPacket = (length: number, buffer: Uint8Array): boolean => {
    const item = this.#joiner.add(length === packetBytes ? buffer : buffer.subarray(0, length));
    // A copy in Node's pool: the next packet overwrites this one.
    if (item !== null) this.#settle(Buffer.from(item));
    return this.#takes.size > 0;
  };

  /** Resolves the first take. */
  #settle(item: Uint8Array | null): void {
    for (const take of this.#takes) {
      this.#remove(take);
      take.resolve(item);
      return;
    }
  }

  #remove(take: Take): void {
    this.#takes.delete(take);
    take.stop();
    if (this.#takes.size === 0) this.#end.holdLoop(false);
    if (take.state instanceof AbortController) take.state.abort();
  }

  #takeRest(): Uint8Array | null {
    const item = this.#readNow();
    if (item === null) this.leave();
    return item;
  }

  #readNow(): Uint8Array | null {
    for (;;) {
      let length: number;
      try {
        length = readSync(this.#fd, packet);
      } catch (error) {
        if (isAgain(error)) return null;
        throw error;
      }
      if (length === 0) return null;
      const item = this.#joiner.add(packet.subarray(0, length));
      if (item !== null) return Buffer.from(item);
    }
  }

  /** One timer for all takes: most of them do not last until it fires. */
  #watch(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      for (const take of this.#takes) {
        if (take.state === "waiting") this.#askServer(take);
        else if (take.state === "new") {
          take.state = "waiting";
          this.#watch();
        }
      }
    }, quickMs);
    this.#timer.unref();
  }

  /** The first of the two wins: the server's answer, or an item in the channel. */
  #askServer(take: Take): void {
    const asking = new AbortController();
    take.state = asking;
    const answered = this.#end.follow({ deadline: take.limits.deadline, signal: asking.signal }, this.number).then(
      // The server has nothing more to say of this channel: its writer has left.
      () => this.finish(),
      (error: unknown) => {
        if (this.#state !== "open" || !this.#takes.has(take)) return;
        if (!(error instanceof TimedOut)) {
          // The caller asks the server again, and gets the same error.
          this.leave();
          return;
        }
        // An item may have come at the same moment.
        for (let item; this.#takes.has(take) && (item = this.#readNow());) this.#settle(item);
        this.#fail(take, error);
      },
    );
    this.#asked.add(answered);
    void answered.finally(() => this.#asked.delete(answered));
  }

  /** A take gets no item. If it was the last, the next packet may be another process's. */
  #fail(take: Take, error: unknown): void {
    if (!this.#takes.has(take)) return;
    this.#remove(take);
    if (this.#takes.size === 0 && this.#state === "open") this.#socket.pause();
    take.reject(error);
  }
}
