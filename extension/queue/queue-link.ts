import type { RequestResult } from "../../bindings/typescript/session/methods.js";
import { PolyprocError } from "../../protocol/errors.js";
import type { Disposable, Rpc } from "../connection/rpc.js";

export type QueueList = RequestResult<"batch/list">;

/** `refused`: a server answered with an error; `message` is its text. */
export type QueueState = { kind: "none" } | { kind: "refused"; message: string } | { kind: "known"; queue: QueueList };

/** The server on a socket. */
export interface QueueServer {
  attach(): Promise<Rpc | null>;
  ensure(): Promise<Rpc>;
  end(): Promise<void>;
}

export interface QueueLinkParts {
  open: (socketPath: string) => QueueServer;
  defaultSocket: string;
  onFault: (error: unknown) => void;
  /** Milliseconds between two looks for a server, and least milliseconds between two lists. Default 2000 and 300. */
  lookMs?: number;
  restMs?: number;
}

/** Milliseconds that a request waits for a change. */
const waitMs = 60_000;

/**
 * The user's batch queue, on the server that hosts it: that of the default socket, or the one that it names. It is
 * connected while a caller follows or uses it, because a server stays while it has clients.
 */
export class QueueLink {
  readonly #parts: QueueLinkParts;
  readonly #listeners = new Set<() => void>();
  #state: QueueState = { kind: "none" };
  #path: string;
  #server: QueueServer | null = null;
  #holds = 0;
  #followers = 0;
  #following: AbortController | null = null;
  /** Ends the pause between two looks. */
  #wake: () => void = () => {};

  constructor(parts: QueueLinkParts) {
    this.#parts = parts;
    this.#path = parts.defaultSocket;
  }

  get state(): QueueState {
    return this.#state;
  }

  onDidChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Keeps `state` up to date until disposed. */
  follow(): Disposable {
    this.#followers++;
    if (!this.#following) {
      this.#following = new AbortController();
      void this.#follow(this.#following.signal);
    }
    let isOver = false;
    return {
      dispose: () => {
        if (isOver) return;
        isOver = true;
        if (--this.#followers > 0) return;
        this.#following?.abort();
        this.#following = null;
        this.#wake();
      },
    };
  }

  /**
   * Calls `work` with a session of the server that hosts the queue; starts a server if there is none. If that server
   * names another host, calls `work` again with that one. Rejects with an error for the user.
   */
  async use<T>(work: (rpc: Rpc) => Promise<T>): Promise<T> {
    return this.#holding(async () => {
      for (let turn = 0; ; turn++) {
        try {
          const done = await work(await this.#opened().ensure());
          this.#wake();
          return done;
        } catch (error) {
          if (turn > 1 || !(await this.#isElsewhere(error))) throw error;
        }
      }
    });
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { lookMs = 2000, restMs = 300 } = this.#parts;
    await this.#holding(async () => {
      let last: { rpc: Rpc; since: string } | null = null;
      while (!signal.aborted) {
        const rpc: Rpc | null = await this.#opened().attach();
        if (signal.aborted) return;
        try {
          if (!rpc) this.#becomeWithoutServer();
          else {
            const since: { since?: string } = last?.rpc === rpc ? { since: last.since } : {};
            const queue: QueueList = await rpc.request("batch/list", { ...since, timeoutMs: waitMs }, signal);
            last = { rpc, since: queue.revision };
            this.#become({ kind: "known", queue });
          }
          await this.#pause(rpc ? restMs : lookMs, signal);
        } catch (error) {
          if (signal.aborted) return;
          last = null;
          if (await this.#isElsewhere(error)) continue;
          // The next look finds out whether there is another server.
          if (!isClosed(error)) this.#become({ kind: "refused", message: messageOf(error) });
          await this.#pause(lookMs, signal);
        }
      }
    }).catch(this.#parts.onFault);
  }

  #becomeWithoutServer(): void {
    // The default socket's server has named this host, which has ended.
    if (this.#path !== this.#parts.defaultSocket) void this.#moveTo(this.#parts.defaultSocket);
    else this.#become({ kind: "none" });
  }

  #become(state: QueueState): void {
    const before = this.#state;
    this.#state = state;
    if (state.kind === "none" && before.kind === "none") return;
    if (state.kind === "known" && before.kind === "known" && state.queue.revision === before.queue.revision) return;
    for (const listener of [...this.#listeners]) listener();
  }

  #opened(): QueueServer {
    return (this.#server ??= this.#parts.open(this.#path));
  }

  /** If the error names another host, moves to that one. Returns whether it did. */
  async #isElsewhere(error: unknown): Promise<boolean> {
    const { data } = error instanceof PolyprocError ? error : { data: {} };
    const address = (data as { address?: unknown }).address;
    if (typeof address !== "string" || !address.startsWith("unix:")) return false;
    const path = address.slice("unix:".length);
    if (path === this.#path) return false;
    await this.#moveTo(path);
    return true;
  }

  async #moveTo(path: string): Promise<void> {
    const left = this.#server;
    this.#server = null;
    this.#path = path;
    await left?.end();
  }

  async #holding<T>(work: () => Promise<T>): Promise<T> {
    this.#holds++;
    try {
      return await work();
    } finally {
      this.#holds--;
      if (this.#holds === 0) await this.#moveTo(this.#parts.defaultSocket);
    }
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function isClosed(error: unknown): boolean {
  return error instanceof PolyprocError && error.codeName === "Closed";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
