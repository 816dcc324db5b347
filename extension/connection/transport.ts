import { connect, type Socket } from "node:net";
import {
  StreamMessageReader,
  StreamMessageWriter,
  type Message,
  type MessageReader,
  type MessageStrategy,
  type MessageWriter,
} from "vscode-jsonrpc/node";
import { requireOwnSocket } from "../../bindings/typescript/session/socket-owner.js";
import { msgpackDecoder, msgpackEncoder } from "./msgpack-body.js";

/**
 * Most messages that were read and not yet handled. Above that, reading pauses: a flood then waits in the server, which
 * knows what it may drop.
 */
const maxQueued = 64;

/** Called with each message that is sent or received. */
export type Tap = (direction: "sent" | "received", message: Message, bytes: number) => void;

/** A socket as vscode-jsonrpc wants it: `Content-Length` framing, msgpack bodies. */
export class Transport {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  /** The connection must use this strategy: it tells the transport which messages were handled. */
  readonly messageStrategy: MessageStrategy;
  /** Resolves when the socket has closed. */
  readonly closed: Promise<void>;
  /** The server's last error before it closed the connection. */
  lastWords: string | null = null;
  readonly #socket: Socket;
  #queued = 0;

  constructor(socket: Socket, tap: Tap = () => {}) {
    this.#socket = socket;
    this.closed = new Promise((closed) => socket.once("close", () => closed()));
    // "close" follows every error, and ends `closed`.
    socket.on("error", () => {});
    const decoder = msgpackDecoder((message, bytes) => {
      tap("received", message, bytes);
      this.#noteLastWords(message);
      if (++this.#queued > maxQueued) socket.pause();
    });
    this.reader = new StreamMessageReader(socket, { contentTypeDecoder: decoder });
    // After an unreadable message the rest of the stream cannot be read either.
    this.reader.onError(() => socket.destroy());
    this.writer = new StreamMessageWriter(socket, {
      contentTypeEncoder: {
        name: msgpackEncoder.name,
        encode: async (message, options) => {
          const body = await msgpackEncoder.encode(message, options);
          tap("sent", message, body.byteLength);
          return body;
        },
      },
    });
    this.messageStrategy = {
      handleMessage: (message, next) => {
        if (--this.#queued < maxQueued / 2 && socket.isPaused()) socket.resume();
        return next(message);
      },
    };
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #noteLastWords(message: Message): void {
    const { id, error } = message as { id?: unknown; error?: { message?: unknown } };
    if (id === null && typeof error?.message === "string") this.lastWords = error.message;
  }
}

/**
 * Connects to a server's socket. Rejects with the system's error, or with Unauthorized when the socket may be another
 * user's.
 */
export async function openTransport(path: string, tap?: Tap): Promise<Transport> {
  requireOwnSocket(path);
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(new Transport(socket, tap));
    });
  });
}
