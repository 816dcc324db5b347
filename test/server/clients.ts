import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Duplex } from "node:stream";
import type { ErrorObject } from "../../protocol/errors.js";
import { decodeMessage } from "../../server/ipc/framing/decoder.js";
import { FrameReader } from "../../server/ipc/framing/frame-reader.js";
import type { LargeIntake } from "../../server/ipc/framing/large-message.js";
import { BodyReader } from "../../server/rpc/body-reader.js";
import { patienceMs, waitFor, within } from "../deadline.js";
import { certificate } from "./tls-files.js";
import { encodeMessage } from "./encode-message.js";

export interface Answer {
  id?: number | string | null;
  method?: string;
  params?: unknown;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the method returns: tests look into it freely
  result?: any;
  error?: ErrorObject;
}

export type Framing = "json" | "msgpack" | "frames";

/** Reads whatever comes in fragments. */
const everything: LargeIntake = {
  maxPayloadBytes: 2 ** 32 - 1,
  reserve: (_bytes, settled) => {
    settled(null);
    return { came() {}, release() {} };
  },
  refused: (_id, error) => {
    throw error;
  },
};

/** A client that speaks one framing and can also misbehave. */
export class RawClient {
  readonly socket: Duplex;
  readonly framing: Framing;
  /** Everything that came, in order. */
  readonly received: Answer[] = [];
  /** The first byte of each body: which encoding the server chose. */
  readonly firstBytes: number[] = [];
  /** Prefix of its handles, once it is open. */
  session = "";
  /** The server has ended the connection. */
  ended = false;
  #nextId = 1;

  constructor(socket: Duplex, framing: Framing) {
    this.socket = socket;
    this.framing = framing;
    const bodies = new BodyReader((body) => this.#take(body), 2 ** 30);
    const frames = new FrameReader(
      (buffer, start, end) => this.#take(buffer.subarray(start, end)),
      2 ** 30,
      everything,
    );
    let first = true;
    socket.on("data", (chunk: Buffer) => {
      // A client that was refused before its first message gets the reason in the framing that people can read.
      const reader = first && chunk[0] === 0x43 ? bodies : framing === "frames" ? frames : bodies;
      first = framing !== "frames";
      reader.push(chunk);
    });
    socket.on("end", () => (this.ended = true));
    socket.on("close", () => (this.ended = true));
    socket.on("error", () => (this.ended = true));
  }

  /** Over TCP to this computer, at an address as the server prints it. */
  static async connectTcp(address: string, framing: Framing): Promise<RawClient> {
    const socket = connect(Number(address.split(":").at(-1)), "127.0.0.1");
    await within(once(socket, "connect"), "a TCP connection");
    return new RawClient(socket, framing);
  }

  /** Over TLS to this computer, at an address as the server prints it. Trusts the certificate of the tests. */
  static async connectTls(address: string, framing: Framing): Promise<RawClient> {
    const socket = connectTls(Number(address.split(":").at(-1)), "127.0.0.1", { ca: certificate });
    await within(once(socket, "secureConnect"), "a TLS connection");
    return new RawClient(socket, framing);
  }

  static async connect(path: string, framing: Framing): Promise<RawClient> {
    const socket = connect(path);
    await within(once(socket, "connect"), `a connection to ${path}`);
    return new RawClient(socket, framing);
  }

  /** Connects and says `initialize`. */
  static async open(path: string, framing: Framing, params: object = {}): Promise<RawClient> {
    const client = await RawClient.connect(path, framing);
    const { result, error } = await client.request("initialize", params);
    if (error) throw new Error(error.message);
    client.session = (result as { session: string }).session;
    return client;
  }

  send(message: unknown, framing: Framing = this.framing): void {
    this.socket.write(this.encode(message, framing));
  }

  encode(message: unknown, framing: Framing = this.framing): Buffer {
    const body = framing === "json" ? Buffer.from(JSON.stringify(message)) : encodeMessage(message as object);
    return this.frame(body);
  }

  /** A body in this client's framing. */
  frame(body: Buffer): Buffer {
    if (this.framing !== "frames") return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  }

  async request(
    method: string,
    params?: unknown,
    id: number | string = this.#nextId++,
    timeoutMs?: number,
  ): Promise<Answer> {
    this.send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
    return this.answer(id, timeoutMs);
  }

  /** The next answer with this id that the test has not taken. */
  async answer(id: number | string | null, timeoutMs = patienceMs): Promise<Answer> {
    return waitFor(() => this.#remove((message) => message.id === id && message.method === undefined), {
      timeoutMs,
      what: `an answer to ${id}, got ${JSON.stringify(this.received)}`,
    });
  }

  async notification(method: string): Promise<Answer> {
    return waitFor(() => this.#remove((message) => message.method === method), { what: `a notification ${method}` });
  }

  /** The error that names the trouble, after which the server has closed the connection. */
  async lastWords(): Promise<ErrorObject> {
    const { error } = await this.answer(null);
    await waitFor(() => this.ended, { what: "the connection's end" });
    return error!;
  }

  close(): void {
    this.socket.destroy();
  }

  #take(body: Buffer): void {
    this.firstBytes.push(body[0]!);
    this.received.push((body[0] === 0x7b ? JSON.parse(body.toString()) : decodeMessage(Buffer.from(body))) as Answer);
  }

  #remove(wanted: (message: Answer) => boolean): Answer | undefined {
    const at = this.received.findIndex(wanted);
    return at < 0 ? undefined : this.received.splice(at, 1)[0];
  }
}
