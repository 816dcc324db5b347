import { payloadBytes } from "../../../protocol/payload.js";
import { decode, decodeFrom, encodeFor } from "../session/codec.js";
import { aborted, EndOfFile, unlessClosed } from "../session/errors.js";
import { registerKind } from "../session/handles.js";
import { type ExistingHandle, SharedObject } from "../session/shared-object.js";
import { limitsOf, type TakeLimits } from "../bypass/take-limits.js";
import { PipeChannels, type Received } from "../bypass/pipe-channels.js";
import { UnansweredSends } from "./unanswered-sends.js";
import { timeoutOf, waitOptions, type Timeout, type WaitOptions } from "../sync/wait-options.js";

/** Above this many unsent bytes the connection is busy: `send` then waits for the server's answer. */
const mostBacklogBytes = 64 * 1024;

/**
 * One end of a pipe: Python's `Connection`. Each end receives what the other sends, in order.
 *
 * Once no process has the other end open, `recv` rejects with EndOfFile after the last item, and `send` rejects with
 * BrokenPipe. Close the ends that this process does not use, or the other side never sees EOF.
 */
export class PipeEnd<T = unknown> extends SharedObject implements AsyncDisposable {
  #closed = false;
  readonly #onTheirWay = new UnansweredSends();
  #channels: PipeChannels | null = null;

  /** Use `Pipe`, which makes both ends. */
  private constructor(from: ExistingHandle | object) {
    super("pipe", from);
  }

  /** @internal */
  static pair<T>(duplex: boolean): [PipeEnd<T>, PipeEnd<T>] {
    const first = new PipeEnd<T>({});
    const second = new PipeEnd<T>({});
    first.create("pipe/create", (handle) => ({ first: handle, second: second.handle, duplex }), second);
    second.created();
    return [first, second];
  }

  /** @internal */
  static received(from: ExistingHandle): PipeEnd {
    return new PipeEnd(from);
  }

  /**
   * Sends an item. As in Python, it may resolve before the item is in the pipe. The item arrives even if this process
   * ends right after it.
   *
   * Waits while 64 items or 64 KiB of this end are unanswered, and while the pipe is full. With `timeoutMs`
   * (milliseconds; default: no limit) it always waits until the item is in the pipe, and rejects with Full on expiry.
   *
   * Rejects with BrokenPipe if no process can read the item. If that becomes known only after `send` has resolved, the
   * next `send`, `recv` or `close` of this end rejects with it.
   */
  async send(item: T, timeout?: Timeout): Promise<void> {
    if (this.#channels?.hasWriter && this.connection.isOpen && timeout === undefined) {
      this.#throwFailure();
      if (this.#channels.write(encodeFor(this.connection, item))) return;
    }
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    if (this.connection.isOpen) await this.#send(item, timeoutMs, options);
    else await this.connection.whenOpen(() => this.#send(item, timeoutMs, options), options.signal);
  }

  async #send(item: T, timeoutMs: number | null, options: WaitOptions): Promise<void> {
    this.#throwFailure();
    if (options.signal?.aborted) throw aborted(options.signal);
    const payload = encodeFor(this.connection, item);
    const channels = (this.#channels ??= PipeChannels.of(this.connection, this.handle, this));
    if (channels.hasWriter) {
      if (channels.write(payload)) return;
      // The channel may have ended because no process can read it any more.
      this.#onTheirWay.proven = false;
    }
    const bytes = payloadBytes(payload);
    const channel = channels.arePossible && payload instanceof Uint8Array;
    const cast =
      timeoutMs === null &&
      !options.signal &&
      this.#onTheirWay.admits(bytes) &&
      this.connection.backlogBytes < mostBacklogBytes;
    if (!cast) {
      await this.request("pipe/send", (end) => ({ end, item: payload, timeoutMs, channel }), options);
      this.#onTheirWay.proven = true;
      return;
    }
    this.#onTheirWay.add(bytes);
    const judged = this.request("pipe/send", (end) => ({ end, item: payload, cast, channel }), {
      background: true,
    }).then(
      () => this.#onTheirWay.remove(bytes),
      (error: unknown) => this.#onTheirWay.failed(bytes, error),
    );
    if (this.connection.survivesExit()) return;
    this.connection.retainLoop();
    await judged;
    this.connection.releaseLoop();
    this.#throwFailure();
  }

  /**
   * Waits for an item and takes it. Rejects with EndOfFile when the other end is closed and the pipe is empty, and with
   * TimedOut after `timeoutMs` (milliseconds; default: no limit).
   */
  async recv(timeout?: Timeout): Promise<T> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    this.#throwFailure();
    try {
      const limits = limitsOf(timeoutMs, options.signal);
      const direct = await this.#channels?.take(limits);
      if (direct) return decode(direct, this.connection) as T;
      const { item, origin } = await this.#recv(limits);
      return decodeFrom(origin, this.handle, item, this.connection) as T;
    } catch (error) {
      if (!(error instanceof EndOfFile)) throw error;
      this.#onTheirWay.proven = false;
      this.#throwFailure();
      throw error;
    }
  }

  async #recv(limits: TakeLimits): Promise<Received> {
    if (!this.connection.isOpen) await this.connection.whenOpen(() => {}, limits.signal);
    this.#channels ??= PipeChannels.of(this.connection, this.handle, this);
    return this.#channels.recv(limits);
  }

  /**
   * Whether `recv` would return at once. True at EOF, too. Waits up to `timeoutMs` (milliseconds; default 0; `null`: no
   * limit) for that.
   */
  async poll(timeout: Timeout = 0): Promise<boolean> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    if (this.#channels?.hasItem) return true;
    return (await this.request("pipe/poll", (end) => ({ end, timeoutMs }), options)).ready;
  }

  /**
   * Closes this end in this process. The other end sees EOF once no process has this end open. A second call does
   * nothing.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#channels?.leave(this);
    this.letGo();
    await this.request("pipe/close", (end) => ({ end }));
    // The server answers in order: by now it has answered every earlier `send`.
    this.#throwFailure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await unlessClosed(this.close());
  }

  /** @internal Whether `recv` has an item at hand, so that the server need not be asked. */
  static hasItem(end: object): boolean {
    return end instanceof PipeEnd && (end.#channels?.hasItem ?? false);
  }

  #throwFailure(): void {
    const failure = this.#onTheirWay.takeFailure();
    if (failure) throw failure.error;
  }

  /** The items from the other end, until EOF. */
  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      let item: T;
      try {
        item = await this.recv();
      } catch (error) {
        if (error instanceof EndOfFile) return;
        throw error;
      }
      yield item;
    }
  }
}

/**
 * Makes a pipe and returns its two ends. With `duplex` (the default) both ends send and receive. Without it the first
 * end only receives and the second only sends.
 */
export function Pipe<T = unknown>(duplex = true): [PipeEnd<T>, PipeEnd<T>] {
  return PipeEnd.pair<T>(duplex);
}

registerKind("pipe", (from) => PipeEnd.received(from));
