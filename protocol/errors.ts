/**
 * Every error has a stable number outside the ranges that JSON-RPC (-32768 … -32000) and LSP (-32899 … -32800)
 * reserve, and a name. On the wire: `{code, message, data: {name, …}}`.
 */
export const errorCodes = {
  /** A queue or a pipe stayed full for `timeoutMs`. `data.stored`: how many items were stored. */
  Full: 1001,
  /** A queue stayed empty for `timeoutMs`. */
  Empty: 1002,
  /** A wait took longer than `timeoutMs`, or a task ran longer than its limit. */
  TimedOut: 1003,
  /** The object was closed by this session, or no longer takes part. */
  Closed: 1004,
  /** No session holds the other end of the pipe, and no item is left. */
  EndOfFile: 1005,
  /** No session holds the other end of the pipe, so no session could receive the item. */
  BrokenPipe: 1006,
  /** The object's state does not allow the request: `start` twice, `release` of a free lock … */
  BadState: 1007,
  /** Only the owner may do this: release a recursive lock, notify a condition … */
  NotOwner: 1008,
  /** No such object: it was never made, its last reference was released, or it belonged to another server instance. */
  UnknownHandle: 1009,
  /** The module, its export, or the interpreter of the source text could not be found or loaded. */
  TargetNotFound: 1010,
  /** The operating system could not start the program. `data.errno`: `ENOENT`, `EACCES` … */
  SpawnFailed: 1011,
  /**
   * The target ran and threw. `data`: type, message, stack, cause, language. A command: what a CommandResult has;
   * if it was killed, also peakMemoryBytes and outOfMemory, as in WorkerLost.
   */
  TaskFailed: 1012,
  /**
   * The worker process died in the middle of the task. `data`: pid, exitCode, signal, stderr; peakMemoryBytes and
   * outOfMemory, as far as they are known (see `ProcessInfo`).
   */
  WorkerLost: 1013,
  /** The task was cancelled, or its pool terminated. */
  Cancelled: 1014,
  /** This wait was ended to break a deadlock. `data.deadlock`: its id. */
  Deadlock: 1015,
  /** The session asked for more than the server holds for it. Wait for answers before sending more. */
  Overloaded: 1016,
  /** The token is missing or wrong, or the message is not for this kind of session. */
  Unauthorized: 1017,
  /** The message is larger than `limits.maxPayloadBytes`, or larger than its receiver accepts. */
  PayloadTooLarge: 1018,
  /** A party of the barrier timed out, was cancelled or died, or a session called `abort`. */
  BrokenBarrier: 1019,
  /** The message cannot be read: bad frame, bad encoding, not JSON-RPC. The connection ends. */
  Malformed: 1020,
  /** The server is ending. */
  ShuttingDown: 1021,
  /**
   * Raised by bindings: a private value of a language came from another client's process tree, and was not opened.
   * `data`: origin, object.
   */
  UntrustedBlob: 1022,
  /** Each host of the cluster that ran the task died. `data`: host. */
  AgentLost: 1023,
  /** The cluster's store cannot be used: not reachable, too old, full, or a package of the server is missing. */
  ClusterUnavailable: 1024,
  /** On a host of the cluster the module differs from the client's. `data`: host, module. */
  ModuleMismatch: 1025,
  /** A host of the cluster refuses the task: it may not run there, or its signature is wrong. `data`: host. */
  NotTrusted: 1026,

  /** JSON-RPC: not a request. */
  InvalidRequest: -32600,
  /** JSON-RPC: no such method. */
  MethodNotFound: -32601,
  /** JSON-RPC: a parameter has the wrong type or value; the message quotes it. */
  InvalidParams: -32602,
  /** JSON-RPC: a bug in the server. */
  InternalError: -32603,
  /** JSON-RPC: the body is not JSON or msgpack. */
  ParseError: -32700,
  /** LSP: a request came before `initialize`. */
  ServerNotInitialized: -32002,
  /** LSP: the client cancelled this request with `$/cancelRequest`. */
  RequestCancelled: -32800,
} as const;

export type ErrorName = keyof typeof errorCodes;

/** Every request may fail with these, so descriptors do not repeat them. */
export const generalErrors = [
  "InvalidRequest",
  "MethodNotFound",
  "InvalidParams",
  "InternalError",
  "ServerNotInitialized",
  "RequestCancelled",
  "UnknownHandle",
  "Unauthorized",
  "ShuttingDown",
  "Deadlock",
  "Overloaded",
] as const satisfies readonly ErrorName[];

const names = new Map<number, ErrorName>(Object.entries(errorCodes).map(([name, code]) => [code, name as ErrorName]));

export function errorName(code: number): ErrorName | undefined {
  return names.get(code);
}

/** The error object of a JSON-RPC response, and the failure of a task. */
export interface ErrorObject {
  code: number;
  message: string;
  data?: Record<string, unknown>;
}

/** The error class of server and bindings: a stable `code` and `codeName`, `data`, and a message with the next step. */
export class PolyprocError extends Error {
  readonly code: number;
  readonly codeName: ErrorName;
  readonly data: Record<string, unknown>;

  constructor(codeName: ErrorName, message: string, data: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.name = codeName;
    this.codeName = codeName;
    this.code = errorCodes[codeName];
    this.data = data;
  }

  toErrorObject(): ErrorObject {
    return { code: this.code, message: this.message, data: { name: this.codeName, ...this.data } };
  }

  static fromErrorObject(error: ErrorObject): PolyprocError {
    const { name: _, ...data } = error.data ?? {};
    return new PolyprocError(errorName(error.code) ?? "InternalError", error.message, data);
  }
}
