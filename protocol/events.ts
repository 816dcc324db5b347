import * as v from "valibot";
import { notification, request } from "./message.js";
import { count, handle, none } from "./schema.js";
import { outputLine, processInfo } from "./process.js";
import { poolInfo } from "./pool.js";
import { runInfo } from "./run.js";
import { sessionInfo } from "./lifecycle.js";

/** `sync`: locks, semaphores, events, conditions, barriers, queues, pipes. */
export const topic = v.picklist(["process", "pool", "task", "sync", "deadlock", "run", "session"]);
export type Topic = v.InferOutput<typeof topic>;

export const syncInfo = v.strictObject({
  handle: v.string(),
  kind: v.picklist(["lock", "rlock", "semaphore", "event", "condition", "barrier", "queue", "pipe"]),
  /** Sessions that hold it now. */
  holders: v.array(v.string()),
  /** Sessions that wait for it, first come first. */
  waiters: v.array(v.string()),
  /** Semaphore: free permits. Event: 0 or 1. Barrier: parties that wait. Queue, pipe: items stored. Lock: depth. */
  value: count(),
  /** Queue: maxSize. Barrier: parties. Otherwise null. */
  limit: v.nullable(count()),
});
export type SyncInfo = v.InferOutput<typeof syncInfo>;

export const deadlockInfo = v.strictObject({
  deadlock: v.string(),
  /** Each waits for what the next one holds. */
  cycle: v.array(v.strictObject({
    session: v.string(),
    owner: v.string(),
    /** Null when the session is not a process of the server's own. */
    pid: v.nullable(count()),
    name: v.string(),
    waitsFor: v.string(),
    holds: v.array(v.string()),
  })),
  detectedAt: v.number(),
});
export type DeadlockInfo = v.InferOutput<typeof deadlockInfo>;

export const taskInfo = v.strictObject({
  job: handle("job"),
  index: count(),
  count: count(1),
  state: v.picklist(["running", "done", "failed", "cancelled"]),
  pid: count(),
  attempt: count(1),
  at: v.number(),
});

const seq = count();
export const event = v.variant("topic", [
  v.strictObject({ seq, topic: v.literal("process"), process: processInfo }),
  v.strictObject({ seq, topic: v.literal("pool"), pool: poolInfo }),
  v.strictObject({ seq, topic: v.literal("task"), task: taskInfo }),
  v.strictObject({ seq, topic: v.literal("sync"), sync: syncInfo, gone: v.optional(v.boolean()) }),
  v.strictObject({ seq, topic: v.literal("deadlock"), deadlock: deadlockInfo, resolved: v.boolean() }),
  v.strictObject({ seq, topic: v.literal("run"), run: runInfo, gone: v.optional(v.boolean()) }),
  v.strictObject({ seq, topic: v.literal("session"), session: sessionInfo, gone: v.optional(v.boolean()) }),
]);
export type Event = v.InferOutput<typeof event>;

export const snapshot = v.strictObject({
  /** The last event that the snapshot contains. */
  seq,
  processes: v.array(processInfo),
  pools: v.array(poolInfo),
  sync: v.array(syncInfo),
  deadlocks: v.array(deadlockInfo),
  runs: v.array(runInfo),
  sessions: v.array(sessionInfo),
});
export type Snapshot = v.InferOutput<typeof snapshot>;

export const subscribe = request("events/subscribe", {
  doc: "Pushes state changes of these topics to this session as `events/changed`, in order, after a snapshot. With `sinceSeq` and the `instanceId` it belongs to, the changes since then come instead of the snapshot, if the server still has them. Lists of topics that were not asked for are empty. What changes often (pools, runs, locks, the tasks of workers) is gathered for a moment, and told once with its latest state. One subscription a session; another call replaces it.",
  params: v.strictObject({ topics: v.array(topic), sinceSeq: v.optional(count()), instanceId: v.optional(v.string()) }),
  result: v.strictObject({ instanceId: v.string(), seq, snapshot: v.nullable(snapshot) }),
});

export const unsubscribe = request("events/unsubscribe", {
  doc: "Ends the subscription.",
  params: v.optional(v.strictObject({})),
  result: none(),
});

export const changed = notification("events/changed", {
  doc: "State changes, in order; `seq` rises, with gaps where other topics' events are.",
  direction: "serverToClient",
  params: v.strictObject({ events: v.array(event) }),
});

export const reset = notification("events/reset", {
  doc: "The session read too slowly for the changes to be kept: here is the state instead, from which the changes go on. No final state is lost, only what lay between.",
  direction: "serverToClient",
  params: v.strictObject({ snapshot }),
});

export const watchOutput = request("events/watchOutput", {
  doc: "Pushes lines that children write, as `events/output`. `own`: this session's children, its pools' workers and their children; `all`: everybody's. With `run` only lines of that run's processes come. Lines that the session does not read fast enough are dropped and counted. With `lossless`, children that this client started (a session with the same `processId`: its children and theirs, its pools' and runs') wait for it instead; other clients' children never do. What they had written already is sent up to a bound; beyond that, lines are dropped and counted. `null` ends it.",
  params: v.strictObject({ scope: v.nullable(v.picklist(["own", "all"])), lossless: v.optional(v.boolean()), run: v.optional(handle("run")) }),
  result: none(),
});

export const output = notification("events/output", {
  doc: "Lines in the order in which each process wrote them. `dropped`: how many lines were left out before these.",
  direction: "serverToClient",
  params: v.strictObject({ lines: v.array(outputLine), dropped: count() }),
});

export const breakDeadlock = request("deadlock/break", {
  doc: "Ends one wait of the cycle with the error Deadlock: that of `session`, or of the one that began to wait last.",
  params: v.strictObject({ deadlock: v.string(), session: v.optional(v.string()) }),
  result: v.strictObject({ session: v.string(), waitsFor: v.string() }),
  errors: ["BadState"],
});

export const listDeadlocks = request("deadlock/list", {
  doc: "The deadlocks that exist now.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ deadlocks: v.array(deadlockInfo) }),
});

export const listSync = request("events/sync", {
  doc: "Every lock, semaphore, event, condition, barrier, queue and pipe of the server.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ sync: v.array(syncInfo) }),
});
