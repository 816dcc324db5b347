import type { PolyprocError } from "../../../protocol/errors.js";
import { Connection } from "../../../server/handlers/connection.js";
import { FakePeer } from "../engine/fake-peer.js";
import type { FakeWorld } from "../engine/fake-engine.js";
import { serverFacts } from "./server-facts.js";

/** A request: pending, or its answer. */
export interface Reply {
  open: boolean;
  error: PolyprocError | null;
  // A test knows the shape of what it asked for.
  result: unknown;
  /** The answer may be sent together with the next message. */
  mayWait: boolean;
}

/** A client that speaks to a connection without any bytes in between. */
export class Caller {
  readonly peer = new FakePeer();
  readonly session: string;
  readonly #connection: Connection;
  #nextId = 1;

  constructor(world: FakeWorld, clientInfo?: { name: string; title?: string; version?: string }) {
    this.#connection = new Connection({ engine: world.engine, server: serverFacts }, this.peer, {
      kind: "client",
      checkToken: null,
    });
    this.session = (this.call("initialize", clientInfo ? { clientInfo } : {}).result as { session: string }).session;
  }

  call(method: string, params: unknown): Reply & { id: number } {
    const id = this.#nextId++;
    const reply: Reply & { id: number } = { id, open: true, error: null, result: undefined, mayWait: false };
    this.#connection.request(id, method, params, (error, result, cast = false) => {
      if (!reply.open) throw new Error(`${method} was answered twice`);
      Object.assign(reply, { open: false, error, result, mayWait: cast });
    });
    return reply;
  }

  /** The result of a request that is answered at once. */
  result(method: string, params: unknown): unknown {
    const reply = this.call(method, params);
    if (reply.open) throw new Error(`${method} has no answer yet`);
    if (reply.error) throw reply.error;
    return reply.result;
  }

  notify(method: string, params: unknown): void {
    this.#connection.notify(method, params);
  }

  /** The connection is lost. */
  drop(): void {
    this.#connection.closed();
  }
}
