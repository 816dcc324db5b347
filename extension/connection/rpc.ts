import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult,
} from "../../bindings/typescript/session/methods.js";
import type { ServerFacts } from "../../bindings/typescript/session/connection.js";
import type { HandleKind } from "../../protocol/schema.js";

/**
 * A resource that is released once. It has the shape of `vscode.Disposable`, so that code without the editor can make
 * one.
 */
export interface Disposable {
  dispose(): void;
}

/**
 * A session with one server: requests and notifications. It ends with its connection; the next server gets a new
 * session.
 */
export interface Rpc {
  readonly facts: ServerFacts;
  /** Version of the server's package and its pid. */
  readonly server: { version: string; pid: number };
  /**
   * Rejects with PolyprocError: with Closed when the connection ends first. A `signal` that fires cancels the request.
   */
  request<M extends RequestName>(method: M, params: RequestParams<M>, signal?: AbortSignal): Promise<RequestResult<M>>;
  on<M extends NotificationName>(method: M, listener: (params: NotificationParams<M>) => void): Disposable;
  /** A new handle, for the request that makes its object. */
  mint(kind: HandleKind): string;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
}

/** The state of the window's server. */
export type ServerState =
  | { kind: "none" }
  | { kind: "starting" }
  | { kind: "connected"; rpc: Rpc; address: string }
  /**
   * The server ended without a request from this window; `detail` gives the known reason. The next caller that needs a
   * server starts another one.
   */
  | { kind: "lost"; detail: string }
  | { kind: "failed"; message: string };

/** The window's server: found, started, watched. */
export interface Server {
  readonly state: ServerState;
  onDidChange(listener: (state: ServerState) => void): Disposable;
  /** Connects; starts a server when none answers. Rejects with an error for the user. */
  ensure(): Promise<Rpc>;
  /** Connects if a server is running; otherwise resolves with null. Starts no server. */
  attach(): Promise<Rpc | null>;
  /** `unix:PATH`, whether or not a server answers there. */
  readonly address: string;
}
