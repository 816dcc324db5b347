import * as v from "valibot";
import { PolyprocError } from "../../protocol/errors.js";
import * as lifecycle from "../../protocol/lifecycle.js";
import type { Message } from "../../protocol/message.js";
import { isCompatible, protocolVersion } from "../../protocol/version.js";
import * as worker from "../../protocol/worker.js";
import type { Engine } from "../engine/engine.js";
import type { HostRecord } from "../engine/processes/host.js";
import type { Peer } from "../engine/peer.js";
import type { Session } from "../engine/session.js";
import { serverPeer } from "../engine/server-peer.js";
import { Wait } from "../engine/wait.js";
import { castAnswer, type Handler, type ServerFacts } from "./handler.js";
import { describeIssues, quote } from "./issues.js";
import { serverFault } from "./server-fault.js";
import { handlerByMethod } from "./table.js";

export type RequestId = number | string;

/** `error` or `result` is present. The answer to a `cast` may wait to be sent together with the next message. */
export type Reply = (error: PolyprocError | null, result?: unknown, cast?: boolean) => void;

/** The peer of a connection: a client, or a worker host that the server started. */
export type Access = ClientAccess | { kind: "worker"; host: HostRecord };

export interface ClientAccess {
  kind: "client";
  /** Compares the token in constant time. Null: the address needs no token. */
  checkToken: ((token: string | undefined) => boolean) | null;
  /** Called when `initialize` was accepted. */
  opened?: () => void;
}

type ClientCapabilities = v.InferOutput<typeof lifecycle.clientCapabilities>;

/** Longest name and version of a client that are kept. */
const maxNameLength = 200;

/** Longest message before `initialize`, in bytes, so that an unknown peer cannot make the server allocate much. */
const strangerMaxMessageBytes = 1024 * 1024;

/** Most unanswered requests of one connection. Further ones fail with Overloaded. */
const maxPendingRequests = 100_000;

export interface Hub {
  engine: Engine;
  server: ServerFacts;
}

/**
 * What both doors share: the lifecycle of a session, the validation of messages, and the ids of pending requests. A
 * door turns bytes into calls of this class, and replies into bytes.
 */
export class Connection {
  readonly #hub: Hub;
  readonly #peer: Peer;
  readonly #access: Access;
  readonly #pending = new Map<RequestId, Wait<unknown> | null>();
  #session: Session | null = null;
  #state: "new" | "open" | "shutdown" | "closed" = "new";

  constructor(hub: Hub, peer: Peer, access: Access) {
    this.#hub = hub;
    this.#peer = peer;
    this.#access = access;
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Number of unanswered requests. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Longest message, in bytes, that is read now. Rises when the session is open. */
  get maxMessageBytes(): number {
    const { maxMessageBytes } = this.#hub.engine.options.limits;
    return this.#session ? maxMessageBytes : Math.min(strangerMaxMessageBytes, maxMessageBytes);
  }

  /** What the error about a longer message advises. Null: what the door advises about the configured limit. */
  get tooLongAdvice(): string | null {
    if (this.#session) return null;
    const first = this.#access.kind === "worker" ? "worker/ready" : "initialize";
    return `the limit rises when "${first}" is answered: send that first`;
  }

  /**
   * The door closes the connection of a client that leaves more bytes than this unread. Events and results pause long
   * before that, so the backlog is answers that the client asked for. A worker has no limit: what it gets, the engine
   * sends, and bounds itself.
   */
  get maxBacklogBytes(): number {
    if (this.#access.kind === "worker") return Infinity;
    return Math.max(64 * 1024 * 1024, 4 * this.#hub.engine.options.limits.maxMessageBytes);
  }

  request(id: RequestId, method: string, params: unknown, reply: Reply): void {
    if (this.#state === "closed") return;
    if (this.#pending.has(id)) {
      reply(
        new PolyprocError(
          "InvalidRequest",
          `id ${JSON.stringify(id)} is in use by a request that is not answered yet; give each request its own`,
        ),
      );
      return;
    }
    try {
      if (this.#pending.size >= maxPendingRequests) {
        throw new PolyprocError(
          "Overloaded",
          `${maxPendingRequests} requests of this connection are unanswered; wait for answers before sending more`,
        );
      }
      const result = this.#dispatch(id, method, params, reply);
      if (result === deferred) return;
      if (result === castAnswer) {
        reply(null, null, true);
        return;
      }
      if (result instanceof Wait) {
        this.#pending.set(id, result);
        result.onSettled((outcome) => {
          this.#pending.delete(id);
          if (this.#state === "closed") return;
          if (outcome.ok) reply(null, outcome.value);
          else reply(outcome.error);
        });
        return;
      }
      if (result instanceof Promise) {
        this.#pending.set(id, null);
        result.then(
          (value) => this.#late(id, () => reply(null, value)),
          (error: unknown) => this.#late(id, () => this.#fail(error, reply)),
        );
        return;
      }
      reply(null, result);
    } catch (error) {
      this.#fail(error, reply);
    }
  }

  /**
   * A notification cannot be answered. So an invalid one is dropped if it is a client's, and ends the connection if it
   * is a worker's. One whose handler throws ends the connection in both cases.
   */
  notify(method: string, params: unknown): void {
    if (method === lifecycle.cancelRequest.method) {
      const id = (params as { id?: unknown } | undefined)?.id;
      if (typeof id === "number" || typeof id === "string") {
        this.#pending.get(id)?.cancel(new PolyprocError("RequestCancelled", "the request was cancelled by its sender"));
      }
      return;
    }
    if (method === lifecycle.exit.method) {
      this.#peer.close();
      return;
    }
    // By JSON-RPC, unknown notifications are dropped. By LSP, those that begin with `$/` are optional.
    const handler = handlerByMethod.get(method);
    if (!handler || handler.message.kind !== "notification" || this.#state !== "open") return;
    if (!this.#allowed(handler.message)) return;
    const checked = v.safeParse(handler.message.params, params);
    if (!checked.success) {
      if (handler.message.direction === "workerToServer") {
        this.#peer.close(new PolyprocError("Malformed", `${method}: ${describeIssues(checked.issues)}`));
      }
      return;
    }
    try {
      handler.handle(this.#context(), checked.output as never);
    } catch (error) {
      this.#peer.close(error instanceof PolyprocError ? error : serverFault(error));
    }
  }

  /**
   * From now on the peer is sent nothing but the reason of its end. The server calls it for all connections before it
   * ends the first: a lock that one session gives back must not be granted to another, for the holder still runs.
   */
  silence(): void {
    this.#state = "closed";
    if (!this.#session) return;
    this.#session.peer = serverPeer;
    this.#session.outlivesServer = true;
  }

  /** Sends the error and ends the connection. */
  end(error: PolyprocError): void {
    this.#peer.close(error);
  }

  /**
   * The transport has ended. `error`: the reason, if the server ended it. If the session has not ended by `shutdown`,
   * it counts as dead.
   */
  closed(error?: PolyprocError): void {
    this.#state = "closed";
    if (error && this.#access.kind === "worker") this.#access.host.expel(error.message);
    this.#session?.end(true);
    this.#pending.clear();
  }

  /** An exception other than PolyprocError may have interrupted a change of state, so it ends this session. */
  #fail(error: unknown, reply: Reply): void {
    if (error instanceof PolyprocError) {
      reply(error);
      return;
    }
    const fault = serverFault(error);
    reply(fault);
    this.#peer.close(fault);
  }

  #late(id: RequestId, reply: () => void): void {
    this.#pending.delete(id);
    if (this.#state !== "closed") reply();
  }

  #dispatch(id: RequestId, method: string, params: unknown, reply: Reply): unknown {
    if (method === lifecycle.initialize.method) return this.#initialize(params);
    if (method === worker.ready.method) return this.#ready(params);
    if (!this.#session || this.#state === "new") {
      throw new PolyprocError("ServerNotInitialized", `send "initialize" before "${method}"`);
    }
    if (this.#state === "shutdown")
      throw new PolyprocError(
        "InvalidRequest",
        `the session was shut down; only "exit" is accepted, "${method}" is not`,
      );
    if (method === lifecycle.shutdown.method) return this.#shutdown(id, reply);
    const handler = handlerByMethod.get(method);
    if (!handler)
      throw new PolyprocError(
        "MethodNotFound",
        `there is no method ${JSON.stringify(method.slice(0, 100))}; protocol/SPEC.md lists them all`,
      );
    if (handler.message.kind !== "request")
      throw new PolyprocError("InvalidRequest", `"${method}" is a notification: send it without an id`);
    if (!this.#allowed(handler.message))
      throw new PolyprocError("Unauthorized", `"${method}" is for worker hosts only`);
    return handler.handle(this.#context(), parse(handler, params) as never);
  }

  #allowed(message: Message): boolean {
    return (
      message.direction === "clientToServer" ||
      (message.direction === "workerToServer" && this.#access.kind === "worker")
    );
  }

  #context() {
    return { engine: this.#hub.engine, server: this.#hub.server, session: this.#session! };
  }

  #initialize(params: unknown): unknown {
    if (this.#state !== "new")
      throw new PolyprocError("BadState", `"initialize" was sent before; each connection is one session`);
    if (this.#access.kind === "worker")
      throw new PolyprocError("BadState", `a worker host opens with "worker/ready", not "initialize"`);
    requireNamed(lifecycle.initialize.method, params);
    const checked = v.safeParse(lifecycle.initialize.params, params ?? {});
    if (!checked.success) throw new PolyprocError("InvalidParams", `initialize: ${describeIssues(checked.issues)}`);
    if (this.#access.checkToken && !this.#access.checkToken(checked.output.token)) {
      // One guess for each connection. The answer is sent before the connection ends.
      setImmediate(() => this.#peer.close());
      throw new PolyprocError(
        "Unauthorized",
        checked.output.token === undefined
          ? `this address needs a token: pass it as "token" in initialize, from the server's token file`
          : "the token is wrong: compare it with the server's token file",
      );
    }
    const version = checked.output.protocolVersion;
    if (version !== undefined && !isCompatible(version)) {
      throw new PolyprocError(
        "BadState",
        `the client speaks protocol ${version}, this server ${protocolVersion}: update the older one`,
      );
    }
    const { engine, server } = this.#hub;
    const session = this.#open(checked.output.capabilities);
    session.blobs = checked.output.blobs ?? "all";
    session.clientPid = checked.output.processId ?? 0;
    const { name = "", title = name, version: clientVersion = null } = checked.output.clientInfo ?? {};
    session.clientName = title.slice(0, maxNameLength);
    session.clientVersion = clientVersion?.slice(0, maxNameLength) ?? null;
    engine.events.publishSession(session);
    this.#access.opened?.();
    return {
      protocolVersion,
      serverInfo: { name: "polyproc", version: server.version, pid: server.pid },
      session: session.id,
      ...this.#facts(session),
    };
  }

  #ready(params: unknown): unknown {
    if (this.#access.kind !== "worker")
      throw new PolyprocError(
        "Unauthorized",
        `"worker/ready" is for worker hosts that the server started; use "initialize"`,
      );
    if (this.#state !== "new") throw new PolyprocError("BadState", `"worker/ready" was sent before`);
    const checked = v.safeParse(worker.ready.params, params);
    if (!checked.success) throw new PolyprocError("InvalidParams", `worker/ready: ${describeIssues(checked.issues)}`);
    const { host } = this.#access;
    if (host.isOver) throw new PolyprocError("BadState", "the host's process has ended");
    const session = this.#open(checked.output.capabilities, host);
    host.connected(session, checked.output);
    this.#hub.engine.events.publishSession(session);
    return { session: session.id, ...this.#facts(session) };
  }

  #open({ maxPayloadBytes, channels = false }: ClientCapabilities = {}, host?: HostRecord): Session {
    const { engine } = this.#hub;
    if (maxPayloadBytes !== undefined) this.#peer.useFragments?.(maxPayloadBytes);
    this.#session = engine.openSession(this.#peer, host?.process ?? null);
    this.#session.usesChannels = channels && engine.options.sharesDescriptors;
    this.#state = "open";
    return this.#session;
  }

  #facts({ usesChannels, blobs }: Session) {
    const { instanceId, cpuCount, limits, spawner, sharesDescriptors } = this.#hub.engine.options;
    const probe = this.#hub.engine.memoryProbe;
    return {
      instanceId,
      cpuCount,
      limits: {
        maxMessageBytes: limits.maxMessageBytes,
        maxPayloadBytes: limits.maxPayloadBytes,
        maxQueuedBytes: limits.maxQueuedBytes,
        maxMemoryBytes: limits.maxMemoryBytes,
      },
      runtimes: spawner.runtimes(),
      memory: probe && { path: probe.path, inode: probe.inode, bytes: probe.bytes },
      capabilities: { channels: usesChannels, counters: sharesDescriptors && blobs === "all" },
    };
  }

  #shutdown(id: RequestId, reply: Reply): typeof deferred {
    const session = this.#session!;
    this.#state = "shutdown";
    this.#pending.set(id, null);
    this.#hub.engine.processes.joinChildren(session, () => {
      session.end(false);
      this.#late(id, () => reply(null, null));
    });
    return deferred;
  }
}

/** Returned by a handler that sends the reply itself, later. */
const deferred = Symbol("deferred");

/** Refuses positional parameters. The schema library would accept an array as an object. */
function requireNamed(method: string, params: unknown): void {
  if (Array.isArray(params) || params instanceof Uint8Array)
    throw new PolyprocError("InvalidParams", `${method}: expected params with names ({…}), got ${quote(params)}`);
}

function parse(handler: Handler, params: unknown): unknown {
  requireNamed(handler.message.method, params);
  const checked = v.safeParse(handler.message.params, params);
  if (checked.success) return checked.output;
  throw new PolyprocError("InvalidParams", `${handler.message.method}: ${describeIssues(checked.issues)}`);
}
