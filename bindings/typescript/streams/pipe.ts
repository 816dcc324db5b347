import { decodeFrom, encodeFor, payloadBytes } from "../session/codec.js";
import { EndOfFile, unlessClosed } from "../session/errors.js";
import { registerKind } from "../session/handles.js";
import { type ExistingHandle, SharedObject } from "../session/shared-object.js";
import { UnansweredSends } from "./unanswered-sends.js";
import { timeoutOf, waitOptions, type Timeout, type WaitOptions } from "../sync/wait-options.js";

/** With more than this unsent, the connection is busy, and `send` waits for its answer. */
const mostBacklogBytes = 64 * 1024;

/**
 * One end of a pipe: Python's `Connection`. What one end sends, the other receives, in order. Once nobody holds the other end, `recv`
 * rejects with EndOfFile when nothing is left, and `send` with BrokenPipe, so close the ends that are not used here.
 */
export class PipeEnd<T = unknown> extends SharedObject implements AsyncDisposable {
  #closed = false;
  readonly #onTheirWay = new UnansweredSends();

  /** Ends are made in pairs, by `Pipe`. */
  private constructor(from: ExistingHandle | object) {
    super("pipe", from);
  }

  /** @internal */
  static pair<T>(duplex: boolean): [PipeEnd<T>, PipeEnd<T>] {
    const first = new PipeEnd<T>({});
    const second = new PipeEnd<T>({});
    first.create("pipe/create", (handle) => ({ first: handle, second: second.handle, duplex }));
    second.created();
    return [first, second];
  }

  /** @internal */
  static received(from: ExistingHandle): PipeEnd {
    return new PipeEnd(from);
  }

  /**
   * Sends an item. As in Python it resolves when the item is on its way: what was sent arrives, also when this process ends right after it. It
   * waits while 64 items or 64 KiB of this end are on their way, and while the pipe is full of unread bytes; with a time-out (default:
   * none) it always waits until the pipe has the item, and rejects with Full when the time has passed.
   *
   * Rejects with BrokenPipe when nobody could read the item. When that is found out later, the next `send`, `recv` or `close` of this end
   * rejects with it.
   */
  async send(item: T, timeout?: Timeout): Promise<void> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    await this.connection.whenOpen(() => this.#send(item, timeoutMs, options), options.signal);
  }

  async #send(item: T, timeoutMs: number | null, options: WaitOptions): Promise<void> {
    this.#throwFailure();
    const payload = encodeFor(this.connection, item);
    const bytes = payloadBytes(payload);
    const early = timeoutMs === null && !options.signal && this.#onTheirWay.admits(bytes) && this.connection.backlogBytes < mostBacklogBytes;
    if (!early) {
      await this.request("pipe/send", (end) => ({ end, item: payload, timeoutMs }), options);
      this.#onTheirWay.proven = true;
      return;
    }
    this.#onTheirWay.add(bytes);
    this.request("pipe/send", (end) => ({ end, item: payload, early }), { background: true }).then(
      () => this.#onTheirWay.remove(bytes),
      (error: unknown) => this.#onTheirWay.failed(bytes, error),
    );
  }

  /** Waits for an item and takes it. Rejects with EndOfFile at the end, with TimedOut when the time-out (default: none) passed. */
  async recv(timeout?: Timeout): Promise<T> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    this.#throwFailure();
    try {
      const { item, origin } = await this.request("pipe/recv", (end) => ({ end, timeoutMs }), options);
      return decodeFrom(origin, this.handle, item, this.connection) as T;
    } catch (error) {
      if (!(error instanceof EndOfFile)) throw error;
      this.#onTheirWay.proven = false;
      this.#throwFailure();
      throw error;
    }
  }

  /** Whether `recv` would not wait; true at the end, too. Waits up to the time-out for that: default 0, `null` has no limit. */
  async poll(timeout: Timeout = 0): Promise<boolean> {
    const options = waitOptions(timeout);
    const timeoutMs = timeoutOf(options);
    return (await this.request("pipe/poll", (end) => ({ end, timeoutMs }), options)).ready;
  }

  /** This process is done with the end: the other side sees the end of file when it was the last. Does nothing the second time. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.letGo();
    await this.request("pipe/close", (end) => ({ end }));
    // Answered in order: what was sent before has been judged.
    this.#throwFailure();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await unlessClosed(this.close());
  }

  #throwFailure(): void {
    const failure = this.#onTheirWay.takeFailure();
    if (failure) throw failure.error;
  }

  /** What the other side sends, until it is done. */
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
 * Makes a pipe and gives its two ends. Duplex (the default): both send and receive. With `false` the first only receives and the second
 * only sends.
 */
export function Pipe<T = unknown>(duplex = true): [PipeEnd<T>, PipeEnd<T>] {
  return PipeEnd.pair<T>(duplex);
}

registerKind("pipe", (from) => PipeEnd.received(from));
