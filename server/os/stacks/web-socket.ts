import { randomBytes } from "node:crypto";
import { request } from "node:http";
import type { Socket } from "node:net";

/** What an inspector may send in all, in bytes. Its answers are some KiB. */
const mostBytes = 16 * 1024 * 1024;

export interface WebSocketEvents {
  message(text: string): void;
  /** The connection has ended, or the other side broke the protocol. */
  closed(): void;
}

/** The client's side of a WebSocket, as far as an inspector needs it: texts, on this machine. */
export class WebSocketClient {
  readonly #socket: Socket;
  readonly #events: WebSocketEvents;
  #unread: Buffer;
  #received = 0;
  #text: Buffer[] = [];

  static open(url: URL, events: WebSocketEvents, timeoutMs: number): Promise<WebSocketClient> {
    return new Promise((resolve, reject) => {
      const asked = request({
        host: url.hostname,
        port: url.port,
        path: url.pathname,
        headers: {
          Connection: "Upgrade",
          Upgrade: "websocket",
          "Sec-WebSocket-Version": "13",
          "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
        },
        timeout: timeoutMs,
        agent: false,
      });
      asked.once("upgrade", (_response, socket, head) => {
        socket.setTimeout(0);
        resolve(new WebSocketClient(socket as Socket, head, events));
      });
      asked.once("response", (response) => {
        response.destroy();
        reject(new Error(`it answered with status ${response.statusCode}`));
      });
      asked.once("timeout", () => asked.destroy(new Error("it did not answer")));
      asked.once("error", reject);
      asked.end();
    });
  }

  constructor(socket: Socket, head: Buffer, events: WebSocketEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#unread = head;
    socket.on("data", (data: Buffer) => {
      this.#received += data.length;
      if (this.#received > mostBytes) return this.close();
      this.#unread = Buffer.concat([this.#unread, data]);
      this.#read();
    });
    socket.on("error", () => {});
    socket.once("close", () => events.closed());
    setImmediate(() => this.#read());
  }

  /** A frame from a client is masked, so that its bytes cannot be taken for another protocol's. */
  send(text: string): void {
    const body = Buffer.from(text);
    const long = body.length > 125;
    const head = Buffer.alloc(long ? 8 : 6);
    head[0] = 0x81;
    head[1] = 0x80 | (long ? 126 : body.length);
    if (body.length > 0xffff) throw new RangeError(`a message of ${body.length} bytes is too long`);
    if (long) head.writeUInt16BE(body.length, 2);
    const mask = randomBytes(4);
    mask.copy(head, head.length - 4);
    for (let i = 0; i < body.length; i++) body[i]! ^= mask[i & 3]!;
    this.#socket.write(Buffer.concat([head, body]));
  }

  close(): void {
    this.#socket.destroy();
  }

  unref(): void {
    this.#socket.unref();
  }

  #read(): void {
    for (;;) {
      const frame = takeFrame(this.#unread);
      if (frame === null) return;
      this.#unread = this.#unread.subarray(frame.end);
      // 8: the other side closes. 9 and 10 are ping and pong, which an inspector does not send.
      if (frame.opcode === 8) return this.close();
      if (frame.opcode > 2) continue;
      this.#text.push(frame.body);
      if (!frame.isLast) continue;
      const text = Buffer.concat(this.#text).toString();
      this.#text = [];
      this.#events.message(text);
    }
  }
}

/** Null: not all of it is there. */
function takeFrame(data: Buffer): { opcode: number; isLast: boolean; body: Buffer; end: number } | null {
  if (data.length < 2) return null;
  const short = data[1]! & 0x7f;
  const from = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (data.length < from) return null;
  const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
  const end = from + length;
  if (data.length < end) return null;
  return { opcode: data[0]! & 15, isLast: (data[0]! & 0x80) !== 0, body: data.subarray(from, end), end };
}
