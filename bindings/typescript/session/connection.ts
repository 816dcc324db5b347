import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle, HandleKind } from "../../../protocol/schema.js";
import type { RpcEndpoint } from "../../../server/ipc/framing/rpc-endpoint.js";
import { asCallersError, Closed } from "./errors.js";
import type { NotificationName, NotificationParams, RequestName, RequestParams, RequestResult } from "./methods.js";

/** What the server says of itself when the session begins. */
export interface ServerFacts {
  /** Changes with every server process; handles of another one mean nothing. */
  instanceId: string;
  /** Prefix of the handles that this session mints. */
  session: string;
  limits: { maxMessageBytes: number; maxPayloadBytes: number; maxQueuedBytes: number; maxMemoryBytes: number };
  cpuCount: number;
  runtimes: string[];
}

/** An open connection, after `initialize` or `worker/ready` was answered. */
export interface Link {
  endpoint: RpcEndpoint;
  facts: ServerFacts;
  /**
   * How many handles the session has minted, where others mint for it, too. Default: a count of this connection's own.
   */
  minted?: { count: number };
  /** Keeps the event loop alive (`true`) or lets it end; absent where that is not the connection's to say. */
  holdLoop?: (hold: boolean) => void;
}

export interface RequestOptions {
  /** Ends the wait: the request rejects with the signal's reason, and the server is told. */
  signal?: AbortSignal | undefined;
  /** Does not keep the script alive. Default false. */
  background?: boolean;
  /** Does not wait for large values that were sent before, and are still on their way. Default false. */
  urgent?: boolean;
  /** Not collected, so its handle not released, while the request is under way. */
  keep?: object;
}

type Listener = (params: never) => void;

/** Waits for the connection to open. */
interface Waiter {
  go(): void;
  fail(error: unknown): void;
}

/**
 * One session with a server: of a script, of a client that `connect` made, or of a worker host. It may be made before
 * it is open: `opener` then opens it at the first use. What is asked before that waits, and is sent in its order when
 * the connection opens.
 */
export class Connection {
  readonly #opener: ((connection: Connection) => Promise<Link>) | null;
  #link: Link | null = null;
  #opening: Promise<Link> | null = null;
  /** In the order of their calls. */
  readonly #waiters = new Set<Waiter>();
  #closing: Promise<void> | null = null;
  readonly #beforeShutdown: (() => Promise<void>)[] = [];
  #holds = 0;
  #rests = 0;
  readonly #minted = { count: 0 };
  #released: Handle[] = [];
  readonly #listeners = new Map<NotificationName, Set<Listener>>();
  #tellClosed: () => void = () => {};
  /** Resolves when the connection has ended, whoever ended it. */
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

  /** Whether handles can be minted and requests leave at once. */
  get isOpen(): boolean {
    return this.#link !== null;
  }

  /** Whether it was ever used: a connection that nobody used has no server to end. */
  get isUsed(): boolean {
    return this.#link !== null || this.#opening !== null;
  }

  get isClosed(): boolean {
    return this.#closeError !== undefined;
  }

  /** Only when open. */
  get facts(): ServerFacts {
    return this.#required().facts;
  }

  /** Only when open: bytes that wait to be sent. */
  get backlogBytes(): number {
    return this.#required().endpoint.backlogBytes;
  }

  /** Opens the connection, unless it is open. Every use does that by itself. */
  open(): Promise<void> {
    return this.whenOpen(() => {});
  }

  /**
   * Calls `action`: now when the connection is open, otherwise when it opens, in the order of these calls. Gives what
   * `action` gives. Rejects with what went wrong when the connection cannot be opened. A signal that fires before the
   * call rejects with its reason; the action is not called then.
   */
  whenOpen<T>(action: () => T | PromiseLike<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#link) {
        resolve(action());
        return;
      }
      this.#begin();
      const left = () => {
        this.#waiters.delete(waiter);
        reject(signal!.reason as Error);
      };
      const waiter: Waiter = {
        go: () => {
          signal?.removeEventListener("abort", left);
          try {
            resolve(action());
          } catch (error) {
            reject(error as Error);
          }
        },
        fail: (error) => {
          signal?.removeEventListener("abort", left);
          reject(error as Error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener("abort", left, { once: true });
    });
  }

  /**
   * A request and its answer. Rejects with PolyprocError or a subclass, or with the signal's reason. Parameters that
   * need an open connection are given as a function.
   */
  async request<M extends RequestName>(method: M, params: RequestParams<M> | (() => RequestParams<M>), options?: RequestOptions): Promise<RequestResult<M>> {
    if (this.#link === null) return this.whenOpen(() => this.request(method, params, options), options?.signal);
    options?.signal?.throwIfAborted();
    const { endpoint } = this.#link;
    const holds = !options?.background;
    if (holds) this.retainLoop();
    try {
      return await new Promise<RequestResult<M>>((resolve, reject) => {
        const id = endpoint.send(method, typeof params === "function" ? params() : params, (error, result) => {
          if (abort) options!.signal!.removeEventListener("abort", abort);
          if (error) reject(error);
          else resolve(result as RequestResult<M>);
        }, options?.urgent);
        const abort = options?.signal ? () => endpoint.cancel(id) : null;
        if (abort) options!.signal!.addEventListener("abort", abort, { once: true });
      });
    } catch (error) {
      if (!(error instanceof PolyprocError)) throw error;
      if (options?.signal?.aborted && error.codeName === "RequestCancelled") throw options.signal.reason;
      throw asCallersError(error);
    } finally {
      if (holds) this.releaseLoop();
    }
  }

  /** Only when open. Dropped when the connection has ended. */
  notify<M extends NotificationName>(method: M, params: NotificationParams<M>): void {
    this.#required().endpoint.notify(method, params);
  }

  /** Calls with each notification of this method. Returns a function that takes the listener away. */
  on<M extends NotificationName>(method: M, listener: (params: NotificationParams<M>) => void): () => void {
    let listeners = this.#listeners.get(method);
    if (!listeners) this.#listeners.set(method, (listeners = new Set()));
    listeners.add(listener as Listener);
    return () => listeners.delete(listener as Listener);
  }

  /** A notification came: for whoever owns the endpoint. */
  readonly receive = (method: string, params: unknown): void => {
    for (const listener of this.#listeners.get(method as NotificationName) ?? []) listener(params as never);
  };

  /** Only when open: a new handle, which the server learns of from the object's `create`. */
  mint(kind: HandleKind): Handle {
    const { facts, minted = this.#minted } = this.#required();
    return `${kind}:${facts.session}.${(++minted.count).toString(36)}`;
  }

  /** Drops one reference of this session, together with others of this turn of the event loop. */
  release(handle: Handle): void {
    if (this.#closeError !== undefined) return;
    if (this.#released.push(handle) > 1) return;
    setImmediate(() => {
      const handles = this.#released;
      this.#released = [];
      if (this.#link) this.notify("handle/release", { handles });
    }).unref();
  }

  /** Something is under way: the script does not end by itself until as many `releaseLoop` follow. */
  retainLoop(): void {
    if (this.#holds++ === 0) this.#link?.holdLoop?.(true);
  }

  releaseLoop(): void {
    if (--this.#holds === 0) this.#link?.holdLoop?.(false);
  }

  /** Calls once, when little is left to send. Only when open. */
  onDrain(listener: () => void): void {
    this.#required().endpoint.onDrain(listener);
  }

  /** Reads no more, and lets the server wait, until the promise resolves. Answers wait, too. Only when open. */
  restUntil(ready: Promise<void>): void {
    const { endpoint } = this.#required();
    if (this.#rests++ === 0) endpoint.pauseReading();
    void ready.then(() => {
      if (--this.#rests === 0) endpoint.resumeReading();
    });
  }

  /** Sends what was written in this turn now. Only when open. */
  flush(): void {
    this.#required().endpoint.flush();
  }

  /**
   * Ends the session in an orderly way: daemonic children are ended, the others waited for. A connection that was never
   * used just becomes unusable.
   */
  close(): Promise<void> {
    return (this.#closing ??= this.#shutDown());
  }

  /** The transport has ended: for whoever owns the endpoint. */
  readonly ended = (error: PolyprocError | null): void => {
    if (this.#closeError !== undefined) return;
    this.#closeError = error;
    this.#link?.holdLoop?.(false);
    this.#link = null;
    // Those that wait for the opening are told by it: it knows better what went wrong.
    if (!this.#opening) this.#failWaiters(this.#closedError());
    this.#tellClosed();
  };

  /** What `close` does first, while requests are still served. */
  beforeShutdown(action: () => Promise<void>): void {
    this.#beforeShutdown.push(action);
  }

  async #shutDown(): Promise<void> {
    if (this.#opening) await this.#opening.catch(() => {});
    try {
      for (const action of this.#beforeShutdown) await action();
      if (this.#link) await this.request("shutdown", {});
    } catch (error) {
      // The server has gone before: so has all that was to be ended.
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
    throw this.#closeError === undefined ? new Closed("Closed", "the connection is not open yet: await open() first") : this.#closedError();
  }

  #closedError(): Closed {
    const error = this.#closeError;
    return new Closed("Closed", error?.message ?? "the connection to the server has ended; objects that were made on it can no longer be used", {}, error ? { cause: error } : undefined);
  }
}
