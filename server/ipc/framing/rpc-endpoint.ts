import type { Duplex } from "node:stream";
import { PolyprocError, type ErrorObject } from "../../../protocol/errors.js";
import { decodeMessage } from "./decoder.js";
import type { DirectIntake } from "./direct-intake.js";
import { largestMessageBytes } from "./fragments.js";
import { defaultMaxMessageBytes, FrameReader } from "./frame-reader.js";
import { receivedBlock } from "./received-block.js";
import { FrameWriter } from "./frame-writer.js";
import type { LargeIntake } from "./large-message.js";

export interface EndpointOptions {
  /** Called for each notification. Notifications and responses are handled in the order in which they arrive. */
  onNotification: (method: string, params: unknown) => void;
  /**
   * Called once, after every pending request was rejected. `error` is the reason. It is null if the server ended the
   * connection without an error, or `close` was called.
   */
  onClose?: (error: PolyprocError | null) => void;
  /** Longest frame that is read, in bytes. Default 64 MiB. */
  maxMessageBytes?: number;
  /** The intake with which the stream was made, if any. */
  intake?: DirectIntake;
}

/** Called with the outcome of a request: `error` or `result`. */
export type Settle = (error: PolyprocError | null, result: unknown) => void;

/**
 * The client's or worker host's end of a connection in frames. It sends requests and notifications, and matches answers
 * to requests. Requests are pipelined: each is sent without waiting for earlier answers.
 */
export class RpcEndpoint {
  readonly #stream: Duplex;
  readonly #writer: FrameWriter;
  readonly #options: EndpointOptions;
  readonly #pending = new Map<number, Settle>();
  #nextId = 1;
  /** While a large message is being sent: the first request that waits for it. */
  #firstHeld = Infinity;
  #closed: PolyprocError | null | undefined;
  /** Called before each message: what it returns is sent first. */
  beforeMessage: (() => object | null) | null = null;

  constructor(stream: Duplex, options: EndpointOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#writer = new FrameWriter(stream);
    const reader = new FrameReader(this.#receive, options.maxMessageBytes ?? defaultMaxMessageBytes, this.#large);
    const failed = (error: unknown) => {
      if (!(error instanceof PolyprocError)) throw error;
      reader.stop();
      this.#end(error);
    };
    if (options.intake) {
      options.intake.connect(reader, failed);
      stream.resume();
    } else {
      stream.on("data", (chunk: Buffer) => {
        try {
          reader.push(chunk);
        } catch (error) {
          failed(error);
        }
      });
    }
    stream.on("error", (error) =>
      this.#end(
        new PolyprocError("Closed", `the connection to the server failed: ${error.message}`, {}, { cause: error }),
      ),
    );
    stream.on("end", () => this.#end(null));
    stream.on("close", () => this.#end(null));
  }

  /** Stops reading until `resumeReading`. Messages that were read before are still handled. */
  pauseReading(): void {
    this.#stream.pause();
  }

  resumeReading(): void {
    this.#stream.resume();
  }

  /** Number of unanswered requests. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Bytes that are not sent yet. */
  get backlogBytes(): number {
    return this.#writer.backlogBytes;
  }

  /** The id of the last request; 0 if there was none. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /** The server reads fragments, and frames up to this length. */
  useFragments(maxMessageBytes: number): void {
    this.#writer.useFragments(maxMessageBytes);
  }

  /** Calls back once, when little is left to send. */
  onDrain(listener: () => void): void {
    this.#writer.onDrain(listener);
  }

  /**
   * Sends a request. Resolves to its result, or rejects with the server's error, or with Closed if the connection ends.
   */
  request(method: string, params?: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.send(method, params, (error, result) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
  }

  /**
   * The same with a callback. Returns the id for `cancel`. With `after`, the id of an earlier request, it does not wait
   * for large messages that were sent after that one.
   */
  send(method: string, params: unknown, settle: Settle, after = Infinity): number {
    const id = this.#nextId++;
    if (this.#closed !== undefined) {
      queueMicrotask(() => settle(this.#closedError(), undefined));
      return id;
    }
    this.#write({ id, method, params }, id, this.#isAhead(after));
    this.#pending.set(id, settle);
    return id;
  }

  /** Asks the server to cancel a request. It fails with RequestCancelled, unless its answer was already sent. */
  cancel(id: number): void {
    if (!this.#pending.has(id) || this.#closed !== undefined) return;
    this.#write({ method: "$/cancelRequest", params: { id } }, this.#nextId, this.#isAhead(id));
  }

  /** Sends a notification. It is dropped if the connection has ended. */
  notify(method: string, params?: unknown): void {
    if (this.#closed === undefined) this.#write({ method, params }, this.#nextId, false);
  }

  /** Sends the messages of this tick now. A caller that blocks the thread next must call it. */
  flush(): void {
    this.#writer.flush();
  }

  /** Sends all that is left, then ends the connection. Pending requests are rejected with Closed. */
  close(): void {
    if (this.#closed !== undefined) return;
    this.#writer.end();
    this.#end(null);
  }

  /** Whether the request with this id was sent before the large messages that are being sent now. */
  #isAhead(id: number): boolean {
    return !this.#writer.holds || id < this.#firstHeld;
  }

  /** `id`: the id of the message, or of the next request. */
  #write(message: object, id: number, ahead: boolean): void {
    const held = this.#writer.holds;
    const when = ahead ? "ahead" : "now";
    const first = this.beforeMessage?.();
    if (first) this.#writer.write(first, when);
    this.#writer.write(message, when);
    if (!held && this.#writer.holds) this.#firstHeld = id;
  }

  /** The client asked for what the server sends, so only available memory limits a message. */
  readonly #large: LargeIntake = {
    maxPayloadBytes: largestMessageBytes,
    reserve: (_bytes, settled) => {
      settled(null);
      return { came() {}, release() {} };
    },
    refused: (id, error) => {
      const settle = typeof id === "number" ? this.#pending.get(id) : undefined;
      if (!settle) throw error;
      this.#pending.delete(id as number);
      settle(error, undefined);
    },
  };

  readonly #receive = (buffer: Buffer, start: number, end: number): void => {
    const message = decodeMessage(buffer, start, end, receivedBlock);
    if (!isMessage(message))
      throw new PolyprocError("Malformed", "the server sent something that is not a JSON-RPC message");
    const { id, method } = message;
    if (typeof method === "string") {
      try {
        this.#options.onNotification(method, message.params);
      } catch (error) {
        escape(error);
      }
      return;
    }
    if (typeof id === "number") {
      const settle = this.#pending.get(id);
      if (!settle) return;
      this.#pending.delete(id);
      try {
        if (message.error) settle(PolyprocError.fromErrorObject(message.error), undefined);
        else settle(null, message.result);
      } catch (error) {
        escape(error);
      }
      return;
    }
    // The server sends an error without an id as the last message before it ends the connection.
    throw message.error
      ? PolyprocError.fromErrorObject(message.error)
      : new PolyprocError("Malformed", "the server sent a response without an id");
  };

  #end(error: PolyprocError | null): void {
    if (this.#closed !== undefined) return;
    this.#closed = error;
    if (error) this.#stream.destroy();
    else this.#stream.end();
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    for (const settle of waiting) settle(this.#closedError(), undefined);
    this.#options.onClose?.(error);
  }

  #closedError(): PolyprocError {
    return this.#closed ?? new PolyprocError("Closed", "the connection to the server has ended");
  }
}

/** Throws a listener's exception outside of this connection's code, which must go on. */
function escape(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

interface IncomingMessage {
  id?: unknown;
  method?: unknown;
  params?: unknown;
  result?: unknown;
  error?: ErrorObject;
}

function isMessage(value: unknown): value is IncomingMessage {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
