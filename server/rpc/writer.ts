import type { Writable } from "node:stream";
import { AbstractMessageWriter, type Message, type MessageWriter } from "vscode-jsonrpc/node";
import type { Encoding } from "./body-codec.js";
import { writeMsgpackBody } from "./msgpack-body.js";
import { writeJsonBody } from "./json-body.js";

/** Listeners of `onDrain` are called when fewer bytes than this are left. */
const lowWaterBytes = 256 * 1024;

/** Writes bodies with their headers. All of one tick of the event loop become one write. */
export class DoorWriter extends AbstractMessageWriter implements MessageWriter {
  /** Encoding of the bodies that are written from now on. */
  encoding: Encoding = "json";
  readonly #stream: Writable;
  /** Converts each message before it is written. */
  readonly #prepare: (message: Message) => object;
  /** Called with a message that cannot be encoded. */
  readonly #unwritable: (message: Message, error: unknown) => void;
  #corked = false;
  #drainListeners: (() => void)[] = [];

  constructor(
    stream: Writable,
    prepare: (message: Message) => object,
    unwritable: (message: Message, error: unknown) => void,
  ) {
    super();
    this.#stream = stream;
    this.#prepare = prepare;
    this.#unwritable = unwritable;
    stream.on("drain", this.#drained);
  }

  get backlogBytes(): number {
    return this.#stream.writableLength;
  }

  /** Calls back once, when little is left to write; in the next tick if that is already so. */
  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
    if (this.backlogBytes < lowWaterBytes) setImmediate(this.#drained);
  }

  /** This framing has no fragments, so each message is one frame. */
  get frameBacklogBytes(): number {
    return this.backlogBytes;
  }

  onFrameDrain(listener: () => void): void {
    this.onDrain(listener);
  }

  /** Neither throws nor rejects: if the connection cannot be written to, the stream ends it. */
  write(message: Message): Promise<void> {
    try {
      this.send(this.#prepare(message));
    } catch (error) {
      this.#unwritable(message, error);
    }
    return Promise.resolve();
  }

  /** Writes the message without `prepare`. */
  send(message: object): void {
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    if (!this.#corked) {
      this.#corked = true;
      this.#stream.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#stream.uncork();
      });
    }
    if (this.encoding === "json") {
      const body = writeJsonBody(message);
      this.#stream.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    } else {
      const body = writeMsgpackBody(message);
      this.#stream.write(`Content-Length: ${body.length}\r\nContent-Type: application/msgpack\r\n\r\n`);
      this.#stream.write(body);
    }
  }

  end(): void {}

  readonly #drained = (): void => {
    if (this.backlogBytes >= lowWaterBytes) return;
    for (const listener of this.#drainListeners.splice(0)) listener();
  };
}
