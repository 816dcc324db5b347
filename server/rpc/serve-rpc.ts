import type { Duplex } from "node:stream";
import {
  createMessageConnection,
  ResponseError,
  type CancellationToken,
  type Message,
  type MessageConnection,
  type NotificationMessage as RpcNotification,
  type ResponseMessage,
} from "vscode-jsonrpc/node";
import { PolyprocError } from "../../protocol/errors.js";
import { cancelRequest, initialize } from "../../protocol/lifecycle.js";
import type { NotificationMessage, Params } from "../../protocol/message.js";
import type { Peer } from "../engine/peer.js";
import type { Engine } from "../engine/engine.js";
import { withoutBlocks } from "../handlers/blocks.js";
import { Backlog } from "../handlers/backlog.js";
import { BodyRoom, roomyBodyBytes } from "../handlers/body-room.js";
import { Connection, type ClientAccess, type Hub, type RequestId } from "../handlers/connection.js";
import { Door } from "../handlers/door.js";
import { sayFarewell } from "../handlers/farewell.js";
import { sortIncoming, type Incoming } from "../handlers/incoming.js";
import { ReadingPause } from "../handlers/reading-pause.js";
import { reportFault, serverFault } from "../handlers/server-fault.js";
import type { DecodeMsgpack, Encoding } from "./body-codec.js";
import { BodyReader } from "./body-reader.js";
import { parseJsonBody } from "./json-body.js";
import { paramsFromJson, paramsToJson, resultToJson } from "./json-payloads.js";
import { DoorReader } from "./reader.js";
import { DoorWriter } from "./writer.js";

/** Most bytes of a message besides its payloads. */
const overheadBytes = 64 * 1024;
/** JSON of a payload takes up to seven times its bytes, and V8's longest string has about 512 MB. */
const maxJsonBytes = 64 * 1024 * 1024;
/** Above this many messages that were read and not handled, the door stops reading. */
const maxQueuedMessages = 256;
/** Serves one connection in `Content-Length` framing. `head`: bytes that were already read. */
export function serveRpc(
  socket: Duplex,
  hub: Hub,
  access: ClientAccess,
  decodeMsgpack: DecodeMsgpack,
  head?: Buffer,
): Connection {
  const door = new RpcDoor(socket, hub, access, decodeMsgpack);
  if (head) door.receive(head);
  if (socket.readableEnded) door.endOfInput();
  return door.connection;
}

class RpcDoor extends Door implements Peer {
  readonly connection: Connection;
  readonly #socket: Duplex;
  readonly #decodeMsgpack: DecodeMsgpack;
  readonly #bodies: BodyReader;
  readonly #room: BodyRoom;
  /** Releases the memory of a message that waits to be handled. */
  readonly #releases = new WeakMap<Message, () => void>();
  readonly #reader = new DoorReader();
  readonly #writer: DoorWriter;
  protected readonly backlog: Backlog;
  readonly #pause: ReadingPause;
  readonly #rpc: MessageConnection;
  readonly #engine: Engine;
  readonly #maxMessageBytes: number;
  /** Methods of the pending requests, by their id as text: vscode-jsonrpc does not distinguish 1 and "1". */
  readonly #methods = new Map<string, string>();
  /** vscode-jsonrpc does not pass on the peer's ids, so requests get other ids inside the server. */
  #nextId = 1;
  /** Encoding of the `initialize` request; null before it. It fixes the encoding of the answers. */
  #agreed: Encoding | null = null;
  /** Messages that were handed to vscode-jsonrpc and are not handled yet. */
  #queued = 0;
  /** `inputEnded`: the requests that were read are still handled. */
  #state: "open" | "inputEnded" | "closed" = "open";

  constructor(socket: Duplex, hub: Hub, access: ClientAccess, decodeMsgpack: DecodeMsgpack) {
    super();
    this.#engine = hub.engine;
    this.#socket = socket;
    this.#decodeMsgpack = decodeMsgpack;
    this.#maxMessageBytes = hub.engine.options.limits.maxMessageBytes;
    this.connection = new Connection(hub, this, access);
    this.#room = new BodyRoom(hub.engine.budget);
    this.#bodies = new BodyReader(this.#handle, this.connection.maxMessageBytes, this.#room, () => this.#hasRoom());
    this.#bodies.tooLongAdvice = this.connection.tooLongAdvice;
    this.#writer = new DoorWriter(
      socket,
      (message) => this.#prepare(message),
      (message, error) => this.#unwritable(message, error),
    );
    this.#pause = new ReadingPause(socket);
    this.backlog = new Backlog(hub.engine.budget, this.#writer, this.#pause);
    this.#rpc = createMessageConnection(this.#reader, this.#writer, undefined, {
      messageStrategy: {
        handleMessage: (message, next) => {
          // Released before the request is handled: the request may itself need memory.
          this.#releases.get(message)?.();
          const handled = next(message);
          if ((message as RpcNotification).method !== cancelRequest.method) this.#dequeued();
          return handled;
        },
      },
    });
    this.#rpc.onRequest((method: string, params: unknown, token: CancellationToken) =>
      this.#request(method, params, token),
    );
    this.#rpc.onNotification((method: string, params: unknown) => this.connection.notify(method, params));
    this.#rpc.listen();

    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    // "close" follows every error, and is handled below.
    socket.on("error", () => {});
    socket.on("end", () => this.endOfInput());
    socket.on("close", () => {
      this.#ended();
      this.backlog.end();
    });
  }

  /** In JSON, base64 makes a payload a third longer, and V8 bounds the length of the string. */
  get maxPayloadBytes(): number {
    const most = this.#maxMessageBytes - overheadBytes;
    return this.#writer.encoding === "json" ? Math.floor(Math.min(most, maxJsonBytes) * 0.75) : most;
  }

  receive(chunk: Buffer): void {
    try {
      this.#bodies.push(chunk);
    } catch (error) {
      this.close(error instanceof PolyprocError ? error : serverFault(error));
      return;
    }
    this.backlog.limitReading();
    if (this.#bodies.resting) this.#pause.begin("memory");
  }

  /** There is memory for the body that waited. */
  #hasRoom(): void {
    try {
      this.#bodies.resume();
    } catch (error) {
      this.close(error instanceof PolyprocError ? error : serverFault(error));
      return;
    }
    if (this.#bodies.resting) this.#pause.begin("memory");
    else this.#pause.end("memory");
  }

  notify<M extends NotificationMessage>(message: M, params: Params<M>): void {
    if (this.#state === "closed") return;
    try {
      this.#rpc.sendNotification(message.method, params).catch((error: unknown) => this.#cutOff(error));
    } catch (error) {
      this.#cutOff(error);
      return;
    }
    this.#limitBacklog();
  }

  close(error?: PolyprocError): void {
    if (this.#state === "closed") return;
    this.#bodies.stop();
    if (error) this.#answer(null, error);
    this.#ended(error);
    this.#socket.end();
    sayFarewell(this.#socket);
  }

  readonly #handle = (body: Buffer, release: () => void): void => {
    const encoding: Encoding = body.length === 0 || body[0]! < 0x80 ? "json" : "msgpack";
    if (this.#agreed === null) this.#writer.encoding = encoding;
    const incoming = sortIncoming(encoding === "json" ? parseJsonBody(body) : this.#decodeMsgpack(body));
    switch (incoming.kind) {
      case "request":
        if (!this.#admit(incoming, encoding, release)) release();
        break;
      case "notification":
        if (!this.#enqueueNotification(incoming, encoding, release)) release();
        break;
      case "response":
        release();
        return;
      case "invalid":
        release();
        if (incoming.fatal) throw incoming.error;
        this.#answer(incoming.id, incoming.error);
        return;
    }
    // Long bodies are read one at a time.
    if (this.#queued > (body.length >= roomyBodyBytes ? 0 : maxQueuedMessages)) this.#pause.begin("queue");
  };

  #admit(request: Incoming & { kind: "request" }, encoding: Encoding, release: () => void): boolean {
    const { id, method } = request;
    if (method === initialize.method) this.#agreed ??= encoding;
    if (this.#methods.has(String(id))) {
      this.#answer(
        id,
        new PolyprocError(
          "InvalidRequest",
          `id ${JSON.stringify(id)} is in use by a request that is not answered yet; give each request its own`,
        ),
      );
      return false;
    }
    let { params } = request;
    try {
      if (encoding === "json") params = paramsFromJson(method, params);
    } catch (error) {
      this.#answer(id, error instanceof PolyprocError ? error : serverFault(error));
      return false;
    }
    this.#methods.set(String(id), method);
    return this.#enqueue({ jsonrpc: "2.0", id, method, params } as Message, release);
  }

  #enqueueNotification(
    notification: Incoming & { kind: "notification" },
    encoding: Encoding,
    release: () => void,
  ): boolean {
    const { method } = notification;
    let { params } = notification;
    if (method === cancelRequest.method) {
      const id = (params as { id?: unknown } | null | undefined)?.id;
      if (typeof id !== "number" && typeof id !== "string") return false;
    }
    try {
      if (encoding === "json") params = paramsFromJson(method, params);
    } catch {
      return false;
    }
    return this.#enqueue({ jsonrpc: "2.0", method, params } as Message, release);
  }

  #enqueue(message: Message, release: () => void): true {
    // vscode-jsonrpc handles a cancellation at once; it is never queued.
    if ((message as RpcNotification).method !== cancelRequest.method) this.#queued++;
    this.#releases.set(message, release);
    this.#reader.deliver(message);
    return true;
  }

  #dequeued(): void {
    this.#queued--;
    if (this.#queued < maxQueuedMessages / 2) this.#pause.end("queue");
    if (this.#state === "inputEnded" && this.#queued === 0) this.endOfInput();
  }

  #request(method: string, params: unknown, token: CancellationToken): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.connection.request(id, method, params, (error, result) => {
        if (error) {
          const { code, message, data } = error.toErrorObject();
          reject(new ResponseError(code, message, data));
        } else {
          resolve(result);
        }
        this.#limitBacklog();
        // `initialize` was answered: from now on the configured limit holds.
        this.#bodies.maxMessageBytes = this.connection.maxMessageBytes;
        this.#bodies.tooLongAdvice = this.connection.tooLongAdvice;
      });
      const cancel = () => this.connection.notify(cancelRequest.method, { id });
      if (token.isCancellationRequested) cancel();
      else token.onCancellationRequested(cancel);
    });
  }

  /** The message cannot be encoded. For an answer an error is sent instead; a notification ends the connection. */
  #unwritable(message: Message, error: unknown): void {
    const { id, method } = message as ResponseMessage & RpcNotification;
    if (method !== undefined) this.#cutOff(error);
    // The answer is longer than a string can be.
    else if (error instanceof RangeError)
      this.#answer(
        id,
        new PolyprocError(
          "PayloadTooLarge",
          `the answer is too large for JSON (${error.message}): request less at once, or use msgpack`,
        ),
      );
    else this.#answer(id, serverFault(error));
  }

  /** The session ends later, with "close": the engine may be in the middle of a change. */
  #cutOff(error: unknown): void {
    reportFault(error);
    this.#socket.destroy();
  }

  /** Converts a message of vscode-jsonrpc to the form on the wire. */
  #prepare(given: Message): object {
    const message = withoutBlocks(given, this.#engine, this.connection.session);
    const { method, params } = message as RpcNotification;
    if (method !== undefined) {
      return this.#writer.encoding === "json" ? { ...message, params: paramsToJson(method, params) } : message;
    }
    const response = message as ResponseMessage;
    const key = String(response.id);
    const answered = this.#methods.get(key);
    this.#methods.delete(key);
    if (answered === undefined || response.error || this.#writer.encoding === "msgpack") return message;
    try {
      return { ...response, result: resultToJson(answered, response.result) };
    } catch (error) {
      const { id } = response;
      return {
        jsonrpc: "2.0",
        id,
        error: (error instanceof PolyprocError ? error : serverFault(error)).toErrorObject(),
      };
    }
  }

  /** Answers a request that vscode-jsonrpc has not seen. */
  #answer(id: RequestId | null, error: PolyprocError): void {
    try {
      this.#writer.send({ jsonrpc: "2.0", id, error: error.toErrorObject() });
    } catch (second) {
      this.#cutOff(second);
    }
  }

  #limitBacklog(): void {
    if (!this.backlog.written(this.connection.maxBacklogBytes)) this.#socket.destroy();
  }

  /** Pending requests are still answered: a script may send its requests and then close its end. */
  endOfInput(): void {
    if (this.#state === "closed") return;
    this.#state = "inputEnded";
    if (this.#queued > 0) return;
    setImmediate(() => this.close());
  }

  #ended(error?: PolyprocError): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#pause.stop();
    this.#bodies.stop();
    this.#room.end();
    this.connection.closed(error);
    this.#rpc.dispose();
  }
}
