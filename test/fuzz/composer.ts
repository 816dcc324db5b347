import type { Random } from "../soak/random.js";
import { isHarmless } from "./harmless.js";
import { clientMessages, type Message } from "./schema.js";
import { mutated, validValue, type Knowledge } from "./values.js";

/** What all sessions of a batch know together. */
export interface Shared {
  /** Handles that were sent to be made, by kind; some were refused. */
  handles: Map<string, string[]>;
  pids: number[];
}

export interface Composed {
  method: string;
  isRequest: boolean;
  params: unknown;
}

const makers = new Map([
  ["process/start", "process"],
  ["run/start", "run"],
  ["pipe/create", "pipe"],
  ["lock/create", "lock"],
]);
const names = ["@one", "@two", "@three"];
/** Starting a process costs the machine far more than anything else. */
const costly = new Set(["process/start", "process/usage"]);
/** The beginning of a session makes more than it uses. */
const firstMessages = 15;
const creations = clientMessages.filter(({ method }) => method.endsWith("/create"));

/** Thinks up what one session sends. */
export class Composer {
  readonly #session: string;
  readonly #isJson: boolean;
  readonly #random: Random;
  readonly #shared: Shared;
  #minted = 0;
  #composed = 0;

  constructor(session: string, isJson: boolean, random: Random, shared: Shared) {
    this.#session = session;
    this.#isJson = isJson;
    this.#random = random;
    this.#shared = shared;
  }

  /** Null if the chosen message must not be sent. */
  next(): Composed | null {
    let message = this.#random.pick(clientMessages);
    if (costly.has(message.method) && this.#random.chance(0.7)) message = this.#random.pick(clientMessages);
    if (this.#composed < firstMessages) message = this.#random.pick(creations);
    return this.of(message);
  }

  /** Such a message. `exceptions`: members that it has in place of those made up, before anything is changed. */
  of({ method, isRequest, params: schema }: Message, exceptions: object = {}): Composed | null {
    this.#composed++;
    if (method === "$/cancelRequest") return { method, isRequest, params: { id: this.#random.int(0, this.#composed) } };
    const area = makers.get(method) ?? (method.endsWith("/create") ? method.slice(0, method.indexOf("/")) : null);
    let left = method === "pipe/create" ? 2 : area === null ? 0 : 1;
    const know: Knowledge = {
      random: this.#random,
      isJson: this.#isJson,
      pids: this.#shared.pids,
      handle: (kinds) => (area !== null && kinds.includes(area) && left-- > 0 ? this.#mint(kinds) : this.#known(kinds)),
    };
    let params = validValue(schema, know);
    if (typeof params === "object" && params !== null) params = { ...params, ...exceptions };
    for (let times = this.#random.pick([0, 0, 0, 0, 0, 0, 0, 1, 1, 2]); times > 0; times--)
      params = mutated(params, know);
    return isHarmless(params, this.#shared.pids) ? { method, isRequest, params } : null;
  }

  #mint(kinds: readonly string[]): string {
    const kind = this.#random.pick(kinds);
    const prefix = this.#random.chance(0.97) ? this.#session : "s1";
    const suffix = this.#random.chance(0.25) ? this.#random.pick(names) : `${prefix}.${++this.#minted}`;
    const handle = `${kind}:${suffix}`;
    const known = this.#shared.handles.get(kind) ?? [];
    this.#shared.handles.set(kind, [...known.slice(-30), handle]);
    return handle;
  }

  #known(kinds: readonly string[]): string {
    const kind = this.#random.pick(kinds);
    const known = this.#shared.handles.get(kind) ?? [];
    return known.length > 0 && this.#random.chance(0.95) ? this.#random.pick(known) : `${kind}:${this.#session}.absent`;
  }
}
