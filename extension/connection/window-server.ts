import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../../bindings/typescript/session/is-alive.js";
import { withStartLock } from "../../bindings/typescript/session/start-lock.js";
import { PolyprocError } from "../../protocol/errors.js";
import type { ServerLoad } from "./any-server.js";
import type { Disposable, Rpc, Server, ServerState } from "./rpc.js";
import type { Session } from "./rpc-session.js";

/** A socket's file exists a moment before the server listens on it. */
const appearMs = 500;
const betweenTriesMs = 25;
/** Milliseconds that a server may take to end: its children get one second, its clients half a second. */
const goingMs = 10_000;
/** Milliseconds to wait for the reason of the server's end, which is known a moment after the end of its connection. */
const explainMs = 300;

export interface WindowServerOptions {
  /** Path of the socket. */
  path: string;
  /** Opens a session. Rejects with the system's error if no server listens. */
  connect(path: string): Promise<Session>;
  /** Starts a server that listens at the socket. Resolves with a promise of how that server ended. */
  launch(path: string): Promise<{ pid: number; ended: Promise<string> }>;
  /** For the user: why no server may be used now. Null if one may be used. */
  refusal(): string | null;
  /** Reports that a server exists and cannot be used. No caller waits for it, so nothing else reports this. */
  onAttachFailed(error: Error): void;
  /** A listener failed. The other listeners still run. */
  onFault(error: unknown): void;
}

/**
 * Finds, starts and watches the window's server. After a loss it starts another server only when a caller needs one:
 * the lost server's state is gone, so an earlier start would gain nothing.
 */
export class WindowServer implements Server, Disposable {
  readonly address: string;
  readonly #options: WindowServerOptions;
  readonly #listeners = new Set<(state: ServerState) => void>();
  #state: ServerState = { kind: "none" };
  #session: Session | null = null;
  /** The server that this window started; null if it started none. */
  #launched: { pid: number; ended: Promise<string> } | null = null;
  /** Attempts run one after the other, so that two do not stop or start the same server. */
  #last: Promise<unknown> = Promise.resolve();
  #ensuring: Promise<Rpc> | null = null;
  #attaching: Promise<Rpc | null> | null = null;
  /** This window ends the connection itself, so its end is no loss. */
  #leaving = false;
  #disposed = false;

  constructor(options: WindowServerOptions) {
    this.#options = options;
    this.address = `unix:${options.path}`;
  }

  get state(): ServerState {
    return this.#state;
  }

  onDidChange(listener: (state: ServerState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  ensure(): Promise<Rpc> {
    return (this.#ensuring ??= this.#inTurn(() => this.#ensure()).finally(() => (this.#ensuring = null)));
  }

  attach(): Promise<Rpc | null> {
    return (this.#attaching ??= this.#inTurn(() => this.#attach()).finally(() => (this.#attaching = null)));
  }

  /** What the server runs; null if no server answers. */
  async load(): Promise<ServerLoad | null> {
    const { askAnyServer } = await import("./any-server.js");
    return askAnyServer(this.#options.path).catch(() => null);
  }

  /** Stops the server and everything that it runs. Rejects if the server does not end. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  /** Ends the server and starts another one. */
  restart(): Promise<Rpc> {
    return this.#inTurn(async () => {
      await this.#stop();
      return this.#ensure();
    });
  }

  /** Ends the session; the server continues. */
  async end(): Promise<void> {
    this.#disposed = true;
    await this.#leave();
    this.#listeners.clear();
  }

  dispose(): void {
    void this.end();
  }

  async #ensure(): Promise<Rpc> {
    if (this.#session) return this.#session;
    this.#requireAllowed();
    this.#become({ kind: "starting" });
    const end = performance.now() + goingMs;
    for (;;) {
      try {
        return (await this.#connect()) ?? (await this.#start());
      } catch (error) {
        if (!isGoing(error) || this.#disposed || performance.now() > end) throw this.#failed(error);
        await delay(betweenTriesMs);
      }
    }
  }

  /** Under the lock: another window or program may have started the server first. */
  #start(): Promise<Rpc> {
    const { path, launch } = this.#options;
    return withStartLock(path, async () => {
      const found = await this.#connect();
      if (found) return found;
      try {
        this.#launched = await launch(path);
      } catch (error) {
        // Another program may have started a server at the same moment. Use that one.
        const other = await this.#connect().catch(() => null);
        if (other) return other;
        throw error;
      }
      const rpc = await this.#connect();
      if (!rpc)
        throw new PolyprocError(
          "SpawnFailed",
          `a server was started, but does not answer at ${path}: was the socket deleted?`,
        );
      return rpc;
    });
  }

  async #attach(): Promise<Rpc | null> {
    if (this.#session) return this.#session;
    if (this.#disposed || this.#options.refusal() !== null) return null;
    const end = performance.now() + appearMs;
    for (;;) {
      try {
        const rpc = await this.#connect("refused");
        if (rpc !== "refused") return rpc;
      } catch (error) {
        if (!isGoing(error)) {
          this.#options.onAttachFailed(this.#failed(error));
          return null;
        }
      }
      if (performance.now() > end) return null;
      await delay(betweenTriesMs);
    }
  }

  /** Null if no server listens. With `refused`, returns that if the socket's file exists all the same. */
  async #connect(): Promise<Rpc | null>;
  async #connect(refused: "refused"): Promise<Rpc | null | "refused">;
  async #connect(refused?: "refused"): Promise<Rpc | null | "refused"> {
    let session: Session;
    try {
      session = await this.#options.connect(this.#options.path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ENOTDIR") return null;
      if (code === "ECONNREFUSED") return refused ?? null;
      throw error;
    }
    if (this.#disposed) {
      void session.end();
      throw new PolyprocError("Closed", "the window is closing");
    }
    this.#session = session;
    this.#leaving = false;
    void session.closed.then(() => this.#closed(session));
    this.#become({ kind: "connected", rpc: session, address: this.address });
    return session;
  }

  async #stop(): Promise<void> {
    this.#leaving = true;
    const session = this.#session;
    try {
      const { askAnyServer } = await import("./any-server.js");
      await askAnyServer(this.#options.path, true);
      await session?.closed;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" && code !== "ECONNREFUSED") throw describe(error, this.#options.path);
    } finally {
      this.#leaving = false;
    }
    if (this.#state.kind !== "connected" && this.#state.kind !== "none") this.#become({ kind: "none" });
  }

  async #leave(): Promise<void> {
    this.#leaving = true;
    await this.#session?.end();
  }

  #closed(session: Session): void {
    if (this.#session !== session) return;
    this.#session = null;
    if (this.#leaving) this.#become({ kind: "none" });
    // Queued like an attempt: the end of this server is reported before a caller gets the next one.
    else void this.#inTurn(async () => this.#become({ kind: "lost", detail: await this.#explain(session) }));
  }

  async #explain(session: Session): Promise<string> {
    if (session.lastWords !== null) return session.lastWords;
    const { pid } = session.server;
    if (this.#launched?.pid === pid) {
      const how = await Promise.race([this.#launched.ended, delay(explainMs, null)]);
      if (how !== null) return `its process ${pid} ended (${how})`;
    }
    return isAlive(pid) ? `its process ${pid} closed the connection` : `its process ${pid} ended`;
  }

  #requireAllowed(): void {
    const refusal = this.#disposed ? "the window is closing" : this.#options.refusal();
    if (refusal !== null) throw new PolyprocError("BadState", refusal);
  }

  #failed(error: unknown): Error {
    const described = describe(error, this.#options.path);
    this.#become({ kind: "failed", message: described.message });
    return described;
  }

  #become(state: ServerState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (error) {
        this.#options.onFault(error);
      }
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** The server that was there is ending, or has ended: it accepts no new session. */
function isGoing(error: unknown): boolean {
  return error instanceof PolyprocError && (error.codeName === "Closed" || error.codeName === "ShuttingDown");
}

/** The error with what to check next. */
function describe(error: unknown, path: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM")
    return new PolyprocError(
      "Unauthorized",
      `the server's socket ${path} may not be opened (${code}): see whom it and its folder belong to`,
      {},
      { cause: error },
    );
  if (error instanceof PolyprocError && error.codeName === "BadState" && /speaks protocol/.test(message)) {
    return new PolyprocError(
      "BadState",
      `the server that runs for this workspace is of another version: ${message}. “Polyproc: ` +
        "Restart Server” replaces it, and ends what it runs",
      {},
      { cause: error },
    );
  }
  if (error instanceof PolyprocError && error.codeName === "TimedOut")
    return new PolyprocError(
      "TimedOut",
      `${path}: ${message}; end it, or delete the socket, and try again`,
      {},
      { cause: error },
    );
  return error instanceof Error ? error : new Error(String(error));
}
