import type { Random } from "../soak/random.js";
import { RawClient, type Framing } from "../server/clients.js";
import { isHarmless } from "./harmless.js";
import { clientMessages, type Message } from "./schema.js";
import { mutated, validValue, type Knowledge } from "./values.js";

/** What all sessions of a batch know together. */
export interface Shared {
  /** Handles that were sent to be made, by kind; some were refused. */
  handles: Map<string, string[]>;
  pids: number[];
}

/** What was sent, for people. */
export interface Sent {
  session: string;
  id: number;
  method: string;
  params: unknown;
}

const makers = new Map([["process/start", "process"], ["run/start", "run"], ["pipe/create", "pipe"], ["lock/create", "lock"]]);
const names = ["@one", "@two", "@three"];
/** Starting a process costs the machine far more than anything else. */
const costly = new Set(["process/start", "run/start", "pool/map", "job/submit", "process/usage"]);

/** One connection, which sends what it likes. */
export class FuzzSession {
  readonly client: RawClient;
  readonly name: string;
  readonly framing: Framing;
  readonly #random: Random;
  readonly #shared: Shared;
  readonly #sent: Sent[];
  #minted = 0;
  #nextId = 1;

  private constructor(client: RawClient, name: string, random: Random, shared: Shared, sent: Sent[]) {
    this.client = client;
    this.framing = client.framing;
    this.name = name;
    this.#random = random;
    this.#shared = shared;
    this.#sent = sent;
  }

  static async open(path: string, framing: Framing, random: Random, shared: Shared, sent: Sent[]): Promise<FuzzSession> {
    const client = await RawClient.connect(path, framing);
    const { result, error } = await client.request("initialize", { clientInfo: { name: "fuzzer" } }, 0);
    if (error) throw new Error(error.message);
    return new FuzzSession(client, result.session as string, random, shared, sent);
  }

  /** Sends one message; false when the connection has ended. */
  sendOne(): boolean {
    if (this.client.ended) return false;
    let message = this.#random.pick(clientMessages);
    if (costly.has(message.method) && this.#random.chance(0.7)) message = this.#random.pick(clientMessages);
    // The beginning of a session makes more than it uses.
    if (this.#nextId < 15) message = this.#random.pick(clientMessages.filter(({ method }) => method.endsWith("/create")));
    const params = this.#params(message);
    if (!isHarmless(params, this.#shared.pids)) return true;
    const id = this.#nextId++;
    this.#sent.push({ session: this.name, id, method: message.method, params });
    this.client.send({ jsonrpc: "2.0", ...(message.isRequest && { id }), method: message.method, params });
    return true;
  }

  /** Half of a message, and the end. */
  breakOff(): void {
    const body = this.client.encode({ jsonrpc: "2.0", id: this.#nextId++, method: "server/status", params: {} });
    this.client.socket.write(body.subarray(0, this.#random.int(1, body.length - 1)));
    this.client.close();
  }

  #params({ method, params: schema }: Message): unknown {
    const area = makers.get(method) ?? (method.endsWith("/create") ? method.slice(0, method.indexOf("/")) : null);
    let left = method === "pipe/create" ? 2 : area === null ? 0 : 1;
    const know: Knowledge = {
      random: this.#random,
      isJson: this.framing === "json",
      pids: this.#shared.pids,
      handle: (kinds) => (area !== null && kinds.includes(area) && left-- > 0 ? this.#mint(kinds) : this.#known(kinds)),
    };
    if (method === "$/cancelRequest") return { id: this.#random.int(0, this.#nextId) };
    let params = validValue(schema, know);
    for (let times = this.#random.pick([0, 0, 0, 0, 0, 0, 0, 1, 1, 2]); times > 0; times--) params = mutated(params, know);
    return params;
  }

  #mint(kinds: readonly string[]): string {
    const kind = this.#random.pick(kinds);
    const suffix = this.#random.chance(0.25) ? this.#random.pick(names) : `${this.#random.chance(0.97) ? this.name : "s1"}.${++this.#minted}`;
    const handle = `${kind}:${suffix}`;
    const known = this.#shared.handles.get(kind) ?? [];
    this.#shared.handles.set(kind, [...known.slice(-30), handle]);
    return handle;
  }

  #known(kinds: readonly string[]): string {
    const kind = this.#random.pick(kinds);
    const known = this.#shared.handles.get(kind) ?? [];
    return known.length > 0 && this.#random.chance(0.95) ? this.#random.pick(known) : `${kind}:${this.name}.absent`;
  }
}
