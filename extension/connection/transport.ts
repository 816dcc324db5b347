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
 * Messages that were read and not yet handled; reading rests above that, so that a flood waits at the server, which
 * knows what may be left out.
 */
const maxQueued = 64;

/** Called with each message that is sent or received. */
export type Tap = (direction: "sent" | "received", message: Message, bytes: number) => void;

/** A socket as vscode-jsonrpc wants it: `Content-Length` framing, msgpack bodies. */
export class Transport {
  readonly reader: MessageReader;
  readonly writer: MessageWriter;
  /** Must be the connection's message buffer: by it the transport knows which messages were handled. */
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
    // "close" follows an error, and is what counts.
    socket.on("error", () => {});
    const decoder = msgpackDecoder((message, bytes) => {
      tap("received", message, bytes);
      this.#noteLastWords(message);
      if (++this.#queued > maxQueued) socket.pause();
    });
    this.reader = new StreamMessageReader(socket, { contentTypeDecoder: decoder });
    // What cannot be read cannot be read any further.
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
