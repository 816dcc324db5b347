import * as v from "valibot";
import { memoryPlace } from "./memory.js";
import { notification, request } from "./message.js";
import { count, handle, none, timeoutMs } from "./schema.js";

export const limits = v.strictObject({
  /** Largest frame or body that the server reads, in bytes. */
  maxMessageBytes: count(1),
  /** Largest message that the server reads in fragments, in bytes. */
  maxPayloadBytes: count(1),
  /** How many bytes of waiting tasks the server accepts from a session. Beyond that, `job/submit` waits. */
  maxQueuedBytes: count(1),
  /** How many bytes the server holds for all sessions together. When it holds that many, producers wait. */
  maxMemoryBytes: count(1),
});

/**
 * Whose private values of a language (`$blob`) a session opens: those of all peers, or only of its own process tree.
 */
export const blobs = v.picklist(["all", "own"]);
export type Blobs = v.InferOutput<typeof blobs>;

/** What the process of a session can do. Unknown members, such as those of LSP clients, are ignored. */
export const clientCapabilities = v.looseObject({
  /** It can write to [channels](#channels) and read them. Default false. */
  channels: v.optional(v.boolean()),
  /** Largest message that it reads in fragments, in bytes. Absent: it reads no fragments. */
  maxPayloadBytes: v.optional(count(1)),
});

/** What the server can do for a session. Later versions add members: absent means false. */
export const serverCapabilities = v.looseObject({
  /** The server may use channels with the session: the client said that it can, and the server's system has them. */
  channels: v.boolean(),
  /** `queue/tally` may give the session counters, with which it borrows items. False: the answer would be null. */
  counters: v.boolean(),
});
export type ServerCapabilities = v.InferOutput<typeof serverCapabilities>;

/** What a session is told when it begins, as client or as worker host. */
export const welcome = () => ({
  instanceId: v.string(),
  session: v.string(),
  limits,
  cpuCount: count(1),
  runtimes: v.array(v.string()),
  memory: v.nullable(memoryPlace),
  capabilities: serverCapabilities,
});

export const initialize = request("initialize", {
  doc:
    "Opens the session. It is the first request on every connection except a worker host's. On a `Content-Length` " +
    "connection the server answers in the encoding of this request's body: JSON or msgpack. Unknown members, such as " +
    "those that LSP clients send, are ignored. `instanceId` is new with every server process; handles of another " +
    "instance are invalid. The client mints handles as `kind:` + `session` + `.` + a suffix that it chooses. " +
    "Client and server each tell their `capabilities`, and use only what both have.",
  params: v.looseObject({
    /** The client's protocol version. A server of another major version refuses it. Default: the server's. */
    protocolVersion: v.optional(v.string()),
    /** Name and version of the client's program. Default: unknown. */
    clientInfo: v.optional(
      v.looseObject({
        name: v.string(),
        title: v.optional(v.string()),
        version: v.optional(v.string()),
      }),
    ),
    /**
     * The client's own pid, as LSP clients send it. `parentProcess()` returns it in the client's children. Default:
     * unknown.
     */
    processId: v.nullish(count()),
    /** What the client can do. Default: none of it. */
    capabilities: v.optional(clientCapabilities),
    /**
     * `own`: the server marks payloads from other clients' process trees with their `origin`, for this session and its
     * workers. Default `all`.
     */
    blobs: v.optional(blobs),
    /** Required at `tcp:` and `tls:` addresses. Default: none. */
    token: v.optional(v.string()),
  }),
  result: v.looseObject({
    protocolVersion: v.string(),
    serverInfo: v.strictObject({ name: v.string(), version: v.string(), pid: count() }),
    ...welcome(),
  }),
  errors: ["Unauthorized", "BadState"],
});

export const initialized = notification("initialized", {
  doc: "Sent by LSP clients after `initialize`. Nothing depends on it.",
  direction: "clientToServer",
  params: v.optional(v.looseObject({})),
});

export const shutdown = request("shutdown", {
  doc:
    "Ends the session in order: the server ends its daemonic children, waits for the others, then answers. After " +
    "the request the session may send only `exit`. The server goes on for other sessions.",
  params: v.nullish(v.looseObject({})),
  result: none(),
});

export const exit = notification("exit", {
  doc:
    "Closes the connection. A session that ends before its `shutdown` was answered counts as dead: its locks are " +
    "released with `ownerDied`.",
  direction: "clientToServer",
  params: v.nullish(v.looseObject({})),
});

export const cancelRequest = notification("$/cancelRequest", {
  doc:
    "Cancels the wait of one of this session's requests, which is then answered with RequestCancelled. If the " +
    "request was already answered, nothing happens.",
  direction: "clientToServer",
  params: v.strictObject({ id: v.union([v.number(), v.string()]) }),
});

export const progress = notification("$/progress", {
  doc: "Progress of a request that was given a `progressToken`.",
  direction: "serverToClient",
  params: v.strictObject({
    token: v.union([v.number(), v.string()]),
    value: v.strictObject({ done: count(), failed: count(), total: count() }),
  }),
});

export const status = request("server/status", {
  doc: "What the server holds, for `top` and for tests of leaks.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({
    instanceId: v.string(),
    version: v.string(),
    pid: count(),
    uptimeMs: v.number(),
    rssBytes: count(),
    heapUsedBytes: count(),
    /** How many bytes the server holds for its peers, of `limits.maxMemoryBytes`. */
    heldBytes: count(),
    sessions: count(),
    objects: count(),
    waits: count(),
    processes: count(),
    warmHosts: count(),
    /**
     * Pid of the guardian, the process that ends every child if this server is killed. Null before the first child, and
     * for a moment after the guardian was killed.
     */
    guardianPid: v.nullable(count()),
    /** Where it listens: `unix:PATH`, `tcp:HOST:PORT`, `tls:HOST:PORT`. */
    addresses: v.array(v.string()),
  }),
});

/** One connected process. */
export const sessionInfo = v.strictObject({
  session: v.string(),
  /** `client`: a program that connected to the server. `worker`: a worker host that the server started. */
  role: v.picklist(["client", "worker"]),
  /**
   * A client's `title`, or else `name`, from its `clientInfo`; at most 200 characters, empty if it gave neither. A
   * worker's process name.
   */
  name: v.string(),
  version: v.nullable(v.string()),
  /** Null when it is not known. */
  pid: v.nullable(count()),
  /** A worker's process. */
  process: v.nullable(handle("process")),
  /** Milliseconds since 1970. */
  connectedAt: v.number(),
});
export type SessionInfo = v.InferOutput<typeof sessionInfo>;

export const sessions = request("server/sessions", {
  doc:
    "Every connected session. Holders and waiters of locks, and the starters of processes and pools, are given as " +
    "sessions of this list.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ sessions: v.array(sessionInfo) }),
});

export const protocol = request("server/protocol", {
  doc:
    "The protocol of this server for programs: what a generator of bindings or a validator needs. Each `$ref` of " +
    "`metaModel` names a definition in `schema`. Both are some 200 KB; they are the same for every server of one " +
    "version.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({
    /** Every request, notification and error, as in `protocol/generated/metaModel.json`. */
    metaModel: v.looseObject({}),
    /** JSON Schema of all parameters, results and values in their JSON form: `protocol/generated/schema.json`. */
    schema: v.looseObject({}),
  }),
});

export const stop = request("server/stop", {
  doc:
    "Ends the server and every child. The answer comes before the server ends. With `whenAloneMs` the server does " +
    "not end now, but once no client has been connected for that long, even if children still run. `null` withdraws " +
    "that. The latest call counts, from any session.",
  params: v.optional(v.strictObject({ whenAloneMs: timeoutMs() })),
  result: none(),
});
