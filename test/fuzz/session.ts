import type { RawClient } from "../server/clients.js";
import type { Random } from "../soak/random.js";
import { Composer, type Shared } from "./composer.js";

/** What was sent, for people. */
export interface Sent {
  session: string;
  id: number;
  method: string;
  params: unknown;
}

/** One connection, which sends what it likes. */
export class FuzzSession {
  readonly client: RawClient;
  readonly name: string;
  readonly #random: Random;
  readonly #composer: Composer;
  readonly #sent: Sent[];
  #nextId = 1;

  private constructor(client: RawClient, name: string, random: Random, shared: Shared, sent: Sent[]) {
    this.client = client;
    this.name = name;
    this.#random = random;
    this.#composer = new Composer(name, client.framing === "json", random, shared);
    this.#sent = sent;
  }

  /** `token`: for the connections that need one. */
  static async open(
    client: RawClient,
    token: string | undefined,
    random: Random,
    shared: Shared,
    sent: Sent[],
  ): Promise<FuzzSession> {
    const hello = {
      clientInfo: { name: "fuzzer" },
      capabilities: { channels: true },
      ...(token !== undefined && { token }),
    };
    const { result, error } = await client.request("initialize", hello, 0);
    if (error) throw new Error(error.message);
    return new FuzzSession(client, result.session as string, random, shared, sent);
  }

  /** Sends one message; false when the connection has ended. */
  sendOne(): boolean {
    if (this.client.ended) return false;
    const composed = this.#composer.next();
    if (!composed) return true;
    const { method, params, isRequest } = composed;
    const id = this.#nextId++;
    this.#sent.push({ session: this.name, id, method, params });
    this.client.send({ jsonrpc: "2.0", ...(isRequest && { id }), method, params });
    return true;
  }

  /** Half of a message, and the end. */
  breakOff(): void {
    const body = this.client.encode({ jsonrpc: "2.0", id: this.#nextId++, method: "server/status", params: {} });
    this.client.socket.write(body.subarray(0, this.#random.int(1, body.length - 1)));
    this.client.close();
  }
}
