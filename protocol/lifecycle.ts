import * as v from "valibot";
import { notification, request } from "./message.js";
import { count, handle, none, timeoutMs } from "./schema.js";

export const limits = v.strictObject({
  /** Largest frame or body that the server reads, in bytes. */
  maxMessageBytes: count(1),
  /** Largest message that the server reads in fragments, in bytes. */
  maxPayloadBytes: count(1),
  /** How many bytes of unstarted tasks a session may have accepted; `job/submit` waits beyond that. */
  maxQueuedBytes: count(1),
  /** What the server holds for all sessions together, in bytes. When that is reached, producers wait. */
  maxMemoryBytes: count(1),
});

/** Whose private values of a language (`$blob`) a session opens: those of any peer, or those of its own process tree alone. */
export const blobs = v.picklist(["all", "own"]);
export type Blobs = v.InferOutput<typeof blobs>;

export const initialize = request("initialize", {
  doc: "Opens the session; the first request on every connection but a worker's. The encoding of its body (JSON or msgpack) is the one in which the server answers on a `Content-Length` connection. Further keys, such as those that LSP clients send, are ignored. `instanceId` changes with every server process, which voids all handles. Handles that the client mints are `kind:` + `session` + `.` + a suffix of its own choice.",
  params: v.looseObject({
    /** The client's protocol version; a server of another major version refuses. */
    protocolVersion: v.optional(v.string()),
    /** `title`: for people, who see it in place of `name`; a script's file name, say. */
    clientInfo: v.optional(v.looseObject({ name: v.string(), title: v.optional(v.string()), version: v.optional(v.string()) })),
    /** The client's own pid, as LSP clients send it: what `parentProcess()` says in its children. */
    processId: v.nullish(count()),
    /** Largest message that the client reads in fragments, in bytes. Absent: it reads no fragments. */
    maxPayloadBytes: v.optional(count(1)),
    /** `own`: payloads from other clients' process trees are to be marked with their `origin`, for this session and its workers. Default `all`. */
    blobs: v.optional(blobs),
    /** Needed on TCP. */
    token: v.optional(v.string()),
  }),
  result: v.looseObject({
    protocolVersion: v.string(),
    serverInfo: v.strictObject({ name: v.string(), version: v.string(), pid: count() }),
    instanceId: v.string(),
    /** Prefix of this session's handles. */
    session: v.string(),
    limits,
    cpuCount: count(1),
    /** Runtimes that can run `module` and `source` targets. */
    runtimes: v.array(v.string()),
    /** Empty; LSP clients look for it. */
    capabilities: v.looseObject({}),
  }),
  errors: ["Unauthorized", "BadState"],
});

export const initialized = notification("initialized", {
  doc: "Sent by LSP clients after `initialize`. Nothing depends on it.",
  direction: "clientToServer",
  params: v.optional(v.looseObject({})),
});

export const shutdown = request("shutdown", {
  doc: "Ends the session in an orderly way: daemonic children are ended, non-daemonic ones are waited for, then the answer comes. After it only `exit` is accepted. The server goes on for other sessions.",
  params: v.nullish(v.looseObject({})),
  result: none(),
});

export const exit = notification("exit", {
  doc: "Closes the connection. A session that ends before its `shutdown` was answered counts as dead: its locks are released with `ownerDied`.",
  direction: "clientToServer",
  params: v.nullish(v.looseObject({})),
});

export const cancelRequest = notification("$/cancelRequest", {
  doc: "Ends the wait of one of this session's requests; it is answered with RequestCancelled, unless its answer is already on the way.",
  direction: "clientToServer",
  params: v.strictObject({ id: v.union([v.number(), v.string()]) }),
});

export const progress = notification("$/progress", {
  doc: "Progress of a request that was given a `progressToken`.",
  direction: "serverToClient",
  params: v.strictObject({ token: v.union([v.number(), v.string()]), value: v.strictObject({ done: count(), failed: count(), total: count() }) }),
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
    /** What it holds for its peers, of `limits.maxMemoryBytes`. */
    heldBytes: count(),
    sessions: count(),
    objects: count(),
    waits: count(),
    processes: count(),
    warmHosts: count(),
    /** Pid of the guardian, the process that ends every child if this server is killed. Null while there is none: before the first child, and for a moment after it was killed. */
    guardianPid: v.nullable(count()),
    /** Where it listens: `unix:PATH`, `tcp:HOST:PORT`, `tls:HOST:PORT`. */
    addresses: v.array(v.string()),
  }),
});

/** One connected process. */
export const sessionInfo = v.strictObject({
  session: v.string(),
  /** `client`: connected from outside. `worker`: a worker host of the server's own. */
  role: v.picklist(["client", "worker"]),
  /** `title`, else `name`, of its `clientInfo`, at most 200 characters; a worker's: the process's name. Empty when it said none. */
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
  doc: "Everybody who is connected. Holders and waiters of locks, and those who started processes and pools, are named by their session.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ sessions: v.array(sessionInfo) }),
});

export const stop = request("server/stop", {
  doc: "Ends the server and every child. Answered before it ends. With `whenAloneMs` not now, but once no client has been connected for so long, whatever still runs; `null` takes that back. The latest call counts, whoever makes it.",
  params: v.optional(v.strictObject({ whenAloneMs: timeoutMs() })),
  result: none(),
});
