import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle, HandleKind } from "../../../protocol/schema.js";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { Blocks } from "../bypass/blocks.js";
import { onAbort } from "./abort.js";
import { aborted, asCallersError, Closed } from "./errors.js";
import { Releases } from "./releases.js";
import { Unanswered } from "./unanswered.js";
import type { NotificationName, NotificationParams, RequestName, RequestParams, RequestResult } from "./methods.js";

/** What the server's answer to `initialize` or `worker/ready` says about the server. */
export interface ServerFacts {
  /** New for each server process. Handles of another instance are invalid. */
  instanceId: string;
  /** Prefix of the handles that this session mints. */
  session: string;
  limits: { maxMessageBytes: number; maxPayloadBytes: number; maxQueuedBytes: number; maxMemoryBytes: number };
  cpuCount: number;
  runtimes: string[];
  /** Ways past the server that are open to this session. */
  capabilities: { channels: boolean; counters: boolean };
}

/** An open connection: `initialize` or `worker/ready` has been answered. */
export interface Link {
  endpoint: RpcEndpoint;
  facts: ServerFacts;
  /**
   * Count of handles that the session has minted. Shared when several copies of this package use one session. Default:
   * a count of this connection alone.
   */
  minted?: { count: number };
  /**
   * Keeps the event loop alive (`true`) or lets it end (`false`). Absent in a worker host, whose life the server
   * decides.
   */
  holdLoop?: (hold: boolean) => void;
  /** The endpoint's stream writes synchronously, as a worker host's does. Default false. */
  isSynchronous?: boolean;
  /** Whether this process can open the server's memory, and has told it so. Default false. */
  usesBlocks?: boolean;
}

export interface RequestOptions {
  /** Cancels the request: it rejects with Cancelled, and the server is told. */
  signal?: AbortSignal | undefined;
  /** True: the pending request does not keep the script alive. Default false. */
  background?: boolean;
  /**
   * Returns the number of an earlier request: `lastRequest`. This request may overtake large values that are still
   * being sent, but not that request. Default: it overtakes none.
   */
  after?: () => number;
  /** Keeps this object, and so its handle, alive while the request is pending. */
  keep?: object;
  /**
   * The objects that the request makes. If the server refuses, every later request that names one of them rejects with
   * the same error.
   */
  makes?: readonly Handle[];
}

type Listener = (params: never) => void;

/** A call that waits for the connection to open. */
interface Waiter {
  go(): void;
  fail(error: unknown): void;
}

/**
 * One session with a server: of a script, of a client from `connect`, or of a worker host.
 *
 * A Connection may exist before it is open: the first use opens it through `opener`. Calls made before that wait, and
 * are sent in their order when the connection opens.
 */
export class Connection {
  readonly #opener: ((connection: Connection) => Promise<Link>) | null;
  #link: Link | null = null;
  #opening: Promise<Link> | null = null;
  /** Oldest call first. */
  readonly #waiters = new Set<Waiter>();
  #closing: Promise<void> | null = null;
  readonly #beforeShutdown: (() => Promise<void>)[] = [];
  #holds = 0;
  #rests = 0;
  readonly #minted = { count: 0 };
  /** Requests that may change something and have no answer yet. */
  readonly unanswered = new Unanswered();
  #blocks?: Blocks;
  readonly releases = new Releases((handles) => {
    if (this.#link) this.notify("handle/release", { handles });
  });
  /** Why the server refused to make these objects. */
  readonly #refused = new Map<Handle, PolyprocError>();
  readonly #listeners = new Map<NotificationName, Set<Listener>>();
  #tellClosed: () => void = () => {};
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void> = new Promise((resolve) => {
    this.#tellClosed = resolve;
  });
  #closeError: PolyprocError | null | undefined;

  constructor(opener: Link | ((connection: Connection) => Promise<Link>)) {
    if (typeof opener === "function") this.#opener = opener;
    else {
      this.#opener = null;
      this.#opened(opener);
    }
  }

  /** Whether the connection is open: handles can be minted, and requests are sent at once. */
  get isOpen(): boolean {
    return this.#link !== null;
  }

  /** Whether opening has begun. If not, no server was started for this connection. */
  get isUsed(): boolean {
    return this.#link !== null || this.#opening !== null;
  }

  get isClosed(): boolean {
    return this.#closeError !== undefined;
  }

  /** What the server said about itself. Throws Closed unless the connection is open. */
  get facts(): ServerFacts {
    return this.#required().facts;
  }

  /** For payloads that are sent by reference. Null if the server's memory cannot be opened from here, or not open. */
  get blocks(): Blocks | null {
    return this.#link?.usesBlocks ? (this.#blocks ??= new Blocks(this)) : null;
  }

  /** Bytes that wait to be sent. Throws Closed unless the connection is open. */
  get backlogBytes(): number {
    return this.#required().endpoint.backlogBytes;
  }

  /** The number of the last request that was sent. Throws Closed unless the connection is open. */
  get lastRequest(): number {
    return this.#required().endpoint.lastId;
  }

  /** Opens the connection if it is not open. The first request does so, too. */
  open(): Promise<void> {
    return this.whenOpen(() => {});
  }

  /**
   * Calls `action` at once if the connection is open; otherwise when it opens, in the order of these calls. Resolves
   * with the action's result. Rejects with the reason if the connection cannot be opened. If the signal fires first,
   * rejects with Cancelled and does not call the action.
   */
  whenOpen<T>(action: () => T | PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw aborted(signal);
      if (this.#link) {
        resolve(action());
        return;
      }
      this.#begin();
      const left = () => {
        this.#waiters.delete(waiter);
        reject(aborted(signal!));
      };
      const waiter: Waiter = {
        go: () => {
          forget?.();
          try {
            resolve(action());
          } catch (error) {
            reject(error as Error);
          }
        },
        fail: (error) => {
          forget?.();
          reject(error as Error);
        },
      };
      this.#waiters.add(waiter);
      const forget = signal && onAbort(signal, left);
    });
  }

  /**
   * Sends a request and waits for its answer. Rejects with PolyprocError or a subclass.
   * Pass parameters that need an open connection, such as handles, as a function.
   */
  async request<M extends RequestName>(
    method: M,
    params: RequestParams<M> | (() => RequestParams<M>),
    options?: RequestOptions,
  ): Promise<RequestResult<M>> {
    if (this.#link === null) return this.whenOpen(() => this.request(method, params, options), options?.signal);
    if (options?.signal?.aborted) throw aborted(options.signal);
    const { endpoint } = this.#link;
    const holds = !options?.background;
    if (holds) this.retainLoop();
    this.unanswered.sent(method);
    try {
      return await new Promise<RequestResult<M>>((resolve, reject) => {
        const id = endpoint.send(
          method,
          typeof params === "function" ? params() : params,
          (error, result) => {
            forget?.();
            if (error) reject(error);
            else resolve(result as RequestResult<M>);
          },
          options?.after?.(),
        );
        const forget = options?.signal && onAbort(options.signal, () => endpoint.cancel(id));
      });
    } catch (error) {
      if (!(error instanceof PolyprocError)) throw error;
      if (options?.signal?.aborted && error.codeName === "RequestCancelled") throw aborted(options.signal);
      const refusal =
        error.codeName === "UnknownHandle" ? this.#refused.get(error.data["handle"] as Handle) : undefined;
      const told = refusal ?? asCallersError(error);
      // Here, not in the caller: the answers to later requests may come in the same turn.
      for (const handle of options?.makes ?? []) this.#refused.set(handle, told);
      throw told;
    } finally {
      if (holds) this.releaseLoop();
      this.unanswered.answered(method);
    }
  }

  /** Sends a notification. Throws Closed unless the connection is open. */
  notify<M extends NotificationName>(method: M, params: NotificationParams<M>): void {
    this.#required().endpoint.notify(method, params);
  }

  /** Calls `listener` with each notification of this method. Returns a function that removes the listener. */
  on<M extends NotificationName>(method: M, listener: (params: NotificationParams<M>) => void): () => void {
    let listeners = this.#listeners.get(method);
    if (!listeners) this.#listeners.set(method, (listeners = new Set()));
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  /** Dispatches a notification to its listeners. The endpoint calls it. */
  readonly receive = (method: string, params: unknown): void => {
    for (const listener of this.#listeners.get(method as NotificationName) ?? []) listener(params as never);
  };

  /** Chooses a new handle. The object's `create` request tells it to the server. Throws Closed unless open. */
  mint(kind: HandleKind): Handle {
    const { facts, minted = this.#minted } = this.#required();
    return `${kind}:${facts.session}.${(++minted.count).toString(36)}`;
  }

  /**
   * Drops one reference of this session. References that are dropped in one turn of the event loop go in one message.
   */
  release(handle: Handle): void {
    this.#refused.delete(handle);
    if (this.#closeError === undefined) this.releases.add(handle);
  }

  /** Keeps the script alive until `releaseLoop` has been called as often. */
  retainLoop(): void {
    if (this.#holds++ === 0) this.#link?.holdLoop?.(true);
  }

  releaseLoop(): void {
    if (--this.#holds === 0) this.#link?.holdLoop?.(false);
  }

  /** Calls `listener` once, when the send backlog is small. Throws Closed unless the connection is open. */
  onDrain(listener: () => void): void {
    this.#required().endpoint.onDrain(listener);
  }

  /**
   * Pauses reading until the promise resolves, which makes the server wait. Answers are delayed, too. Throws Closed
   * unless the connection is open.
   */
  restUntil(ready: Promise<void>): void {
    const { endpoint } = this.#required();
    if (this.#rests++ === 0) endpoint.pauseReading();
    void ready.then(() => {
      if (--this.#rests === 0) endpoint.resumeReading();
    });
  }

  /** Sends at once what was written in this turn of the event loop. Throws Closed unless the connection is open. */
  flush(): void {
    this.#required().endpoint.flush();
  }

  /**
   * Whether what was written so far arrives even if this process exits now. Hands it to the operating system first. A
   * synchronous endpoint needs no such write, because it does the same at the exit. Only when open.
   */
  survivesExit(): boolean {
    const { endpoint, isSynchronous = false } = this.#required();
    if (isSynchronous) return true;
    endpoint.flush();
    return endpoint.backlogBytes === 0;
  }

  /**
   * Ends the session in order: ends daemonic children, then waits for the others. A connection that was never opened
   * only becomes unusable.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  /** Marks the connection as ended. The endpoint calls it when its transport has ended. */
  readonly ended = (error: PolyprocError | null): void => {
    if (this.#closeError !== undefined) return;
    this.#closeError = error;
    this.#link?.holdLoop?.(false);
    this.#link = null;
    // While the connection is opening, its failure reaches the waiting calls from `#begin`, with the better reason.
    if (!this.#opening) this.#failWaiters(this.#closedError());
    this.#tellClosed();
  };

  /** Registers an action that `close` awaits first, while requests are still served. */
  beforeShutdown(action: () => Promise<void>): void {
    this.#beforeShutdown.push(action);
  }

  async #shutDown(): Promise<void> {
    if (this.#opening) await this.#opening.catch(() => {});
    try {
      for (const action of this.#beforeShutdown) await action();
      if (this.#link) await this.request("shutdown", {});
    } catch (error) {
      // The server has ended, and all its children with it.
      if (!(error instanceof Closed)) throw error;
    }
    const link = this.#link;
    if (link) {
      link.endpoint.notify("exit", {});
      link.endpoint.close();
    }
    this.ended(null);
  }

  #begin(): void {
    if (this.#closeError !== undefined || !this.#opener) throw this.#closedError();
    if (this.#opening) return;
    this.#opening = this.#opener(this);
    this.#opening.then(
      (link) => this.#opened(link),
      (error: PolyprocError) => {
        this.#failWaiters(error);
        this.ended(error);
      },
    );
  }

  #opened(link: Link): void {
    if (this.#closeError !== undefined) {
      link.endpoint.close();
      this.#failWaiters(this.#closedError());
      return;
    }
    this.#link = link;
    link.holdLoop?.(this.#holds > 0);
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.go();
    }
  }

  #failWaiters(error: unknown): void {
    for (const waiter of this.#waiters) {
      this.#waiters.delete(waiter);
      waiter.fail(error);
    }
  }

  #required(): Link {
    if (this.#link) return this.#link;
    throw this.#closeError === undefined
      ? new Closed("Closed", "the connection is not open yet: await open() first")
      : this.#closedError();
  }

  #closedError(): Closed {
    const error = this.#closeError;
    return new Closed(
      "Closed",
      error?.message ?? "the connection to the server has ended; objects that were made on it can no longer be used",
      {},
      error ? { cause: error } : undefined,
    );
  }
}
