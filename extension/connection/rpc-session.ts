import { CancellationTokenSource, ErrorCodes, type CancellationToken } from "vscode-jsonrpc/node";
import { asCallersError, Closed } from "../../bindings/typescript/session/errors.js";
import type { ServerFacts } from "../../bindings/typescript/session/connection.js";
import type {
  NotificationName,
  NotificationParams,
  RequestName,
  RequestParams,
  RequestResult,
} from "../../bindings/typescript/session/methods.js";
import { PolyprocError, type ErrorObject } from "../../protocol/errors.js";
import type { HandleKind } from "../../protocol/schema.js";
import type { Disposable, Rpc } from "./rpc.js";

/** The part of a language client, or of vscode-jsonrpc's connection, that is needed here. */
export interface JsonRpc {
  sendRequest(method: string, params: unknown, token: CancellationToken): Promise<unknown>;
  onNotification(method: string, handler: (params: unknown) => void): unknown;
}

/** A server's answer to `initialize`. */
export interface Welcome extends ServerFacts {
  protocolVersion: string;
  serverInfo: { name: string; version: string; pid: number };
}

/** The part of a transport that a session needs. */
export interface Line {
  readonly closed: Promise<void>;
  readonly lastWords: string | null;
}

/** A session that its opener can end. */
export interface Session extends Rpc {
  /** The server's last error before it closed the connection. */
  readonly lastWords: string | null;
  /** Ends the session; the server continues. Never rejects. */
  end(): Promise<void>;
}

/** Codes of errors that vscode-jsonrpc itself makes: the server did not send them. */
export const transportErrors: ReadonlySet<number> = new Set([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
]);

type Listener = (params: never) => void;

export class RpcSession implements Session {
  readonly facts: ServerFacts;
  readonly server: { version: string; pid: number };
  readonly closed: Promise<void>;
  readonly #jsonRpc: JsonRpc;
  readonly #line: Line;
  readonly #goodbye: () => Promise<void>;
  readonly #listeners = new Map<string, Set<Listener>>();
  /** Called for each request under way when the connection ends. */
  readonly #unanswered = new Set<(error: PolyprocError) => void>();
  #ended = false;
  #minted = 0;

  constructor(jsonRpc: JsonRpc, welcome: Welcome, line: Line, goodbye: () => Promise<void>) {
    const { instanceId, session, limits, cpuCount, runtimes, capabilities, serverInfo } = welcome;
    this.facts = { instanceId, session, limits, cpuCount, runtimes, capabilities };
    this.server = { version: serverInfo.version, pid: serverInfo.pid };
    this.#jsonRpc = jsonRpc;
    this.#line = line;
    this.#goodbye = goodbye;
    this.closed = line.closed.then(() => {
      this.#ended = true;
      for (const reject of [...this.#unanswered]) reject(this.#closedError());
    });
  }

  get lastWords(): string | null {
    return this.#line.lastWords;
  }

  async request<M extends RequestName>(
    method: M,
    params: RequestParams<M>,
    signal?: AbortSignal,
  ): Promise<RequestResult<M>> {
    if (this.#ended) throw this.#closedError();
    if (signal?.aborted) throw cancelled();
    const source = new CancellationTokenSource();
    const abort = () => source.cancel();
    let unanswered: ((error: PolyprocError) => void) | undefined;
    signal?.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<RequestResult<M>>((resolve, reject) => {
        unanswered = reject;
        this.#unanswered.add(unanswered);
        this.#jsonRpc.sendRequest(method, params ?? {}, source.token).then(
          (result) => resolve(result as RequestResult<M>),
          (error: unknown) => reject(this.#asPolyprocError(error)),
        );
      });
    } finally {
      if (unanswered) this.#unanswered.delete(unanswered);
      signal?.removeEventListener("abort", abort);
      source.dispose();
    }
  }

  on<M extends NotificationName>(method: M, listener: (params: NotificationParams<M>) => void): Disposable {
    let listeners = this.#listeners.get(method);
    if (!listeners) {
      const those = new Set<Listener>();
      this.#listeners.set(method, (listeners = those));
      this.#jsonRpc.onNotification(method, (params) => {
        for (const each of [...those]) each(params as never);
      });
    }
    const added = listeners;
    // A separate object for each call: the same function may be added twice.
    const own: Listener = (params) => listener(params as NotificationParams<M>);
    added.add(own);
    return { dispose: () => void added.delete(own) };
  }

  mint(kind: HandleKind): string {
    return `${kind}:${this.facts.session}.w${++this.#minted}`;
  }

  end(): Promise<void> {
    return this.#ended ? Promise.resolve() : this.#goodbye();
  }

  #closedError(cause?: unknown): Closed {
    const why = this.#line.lastWords;
    return new Closed(
      "Closed",
      why === null ? "the connection to the server has ended" : `the connection to the server has ended: ${why}`,
      {},
      cause === undefined ? undefined : { cause },
    );
  }

  #asPolyprocError(error: unknown): PolyprocError {
    if (error instanceof PolyprocError) return error;
    const { code } = error as { code?: unknown };
    if (typeof code !== "number" || transportErrors.has(code)) return this.#closedError(error);
    return fromResponse(error as ErrorObject);
  }
}

/** The error that callers get for an error on the wire. */
export function fromResponse({ code, message, data }: ErrorObject): PolyprocError {
  return asCallersError(
    PolyprocError.fromErrorObject(data === undefined ? { code, message } : { code, message, data }),
  );
}

function cancelled(): PolyprocError {
  return new PolyprocError("RequestCancelled", "the request was cancelled before it was sent");
}
