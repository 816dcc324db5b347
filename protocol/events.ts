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
  /** Sessions that wait for it, in the order in which they came. */
  waiters: v.array(v.string()),
  /** Semaphore: free permits. Event: 0 or 1. Barrier: parties that wait. Queue, pipe: items stored. Lock: depth. */
  value: count(),
  /** Queue: maxSize. Barrier: parties. Otherwise null. */
  limit: v.nullable(count()),
});
export type SyncInfo = v.InferOutput<typeof syncInfo>;

export const deadlockInfo = v.strictObject({
  deadlock: v.string(),
  /**
   * Without `reason`: each party waits for what the next party holds; the last waits for what the first holds. With
   * it: the parties that wait for one object.
   */
  cycle: v.array(
    v.strictObject({
      session: v.string(),
      owner: v.string(),
      /** Null if the server did not start the session's process. */
      pid: v.nullable(count()),
      name: v.string(),
      waitsFor: v.string(),
      holds: v.array(v.string()),
    }),
  ),
  detectedAt: v.number(),
  /** Why no process that is left can end these waits, for display. Absent: they wait for each other. */
  reason: v.optional(v.string()),
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
  doc:
    "Subscribes this session to state changes of these topics. The answer has a snapshot; the changes after it " +
    "follow in order, as `events/changed`. To resume, pass `sinceSeq` and the `instanceId` that it belongs to: if " +
    "the server still has the changes after it, it sends these and no snapshot. In a snapshot, lists of topics that " +
    "were not asked for are empty. Frequent changes (pools, runs, locks, the tasks of workers) are coalesced: the " +
    "server sends the latest state. A session has one subscription; a further call replaces it.",
  params: v.strictObject({ topics: v.array(topic), sinceSeq: v.optional(count()), instanceId: v.optional(v.string()) }),
  result: v.strictObject({ instanceId: v.string(), seq, snapshot: v.nullable(snapshot) }),
});

export const unsubscribe = request("events/unsubscribe", {
  doc: "Ends the subscription.",
  params: v.optional(v.strictObject({})),
  result: none(),
});

export const changed = notification("events/changed", {
  doc: "State changes, in order. `seq` rises, with gaps where events of other topics are.",
  direction: "serverToClient",
  params: v.strictObject({ events: v.array(event) }),
});

export const reset = notification("events/reset", {
  doc:
    "The session read too slowly, so the server dropped changes that it had not sent. The snapshot is the state " +
    "after them; later changes follow. No final state is lost, only states in between.",
  direction: "serverToClient",
  params: v.strictObject({ snapshot }),
});

export const watchOutput = request("events/watchOutput", {
  doc:
    "Sends the lines that children write, as `events/output`. `own`: this session's children, its pools' workers, " +
    "and their children. `all`: every process of the server. `null` ends the watch. With `run`, only lines of that " +
    "run's processes. Lines that the session does not read fast enough are dropped and counted. With `lossless`, " +
    "children of this client wait instead: those that sessions with the same `processId` started, their children, " +
    "and the processes of their pools and runs. Children of other clients never wait. What a child had written " +
    "before the server made it wait is still sent, up to a bound; beyond it, lines are dropped and counted.",
  params: v.strictObject({
    scope: v.nullable(v.picklist(["own", "all"])),
    lossless: v.optional(v.boolean()),
    run: v.optional(handle("run")),
  }),
  result: none(),
});

export const output = notification("events/output", {
  doc: "Lines, in the order in which each process wrote them. `dropped`: how many lines were dropped before these.",
  direction: "serverToClient",
  params: v.strictObject({ lines: v.array(outputLine), dropped: count() }),
});

export const breakDeadlock = request("deadlock/break", {
  doc:
    "Ends one wait of the deadlock with the error Deadlock: the wait of `session`, or without `session` the wait " +
    "that began last.",
  params: v.strictObject({ deadlock: v.string(), session: v.optional(v.string()) }),
  result: v.strictObject({ session: v.string(), waitsFor: v.string() }),
  errors: ["BadState"],
});

export const listDeadlocks = request("deadlock/list", {
  doc:
    "The deadlocks that exist now: cycles of parties that wait for each other; and waits, without timeout, for a " +
    "queue, an event, a condition, a barrier or a semaphore that only these waiting sessions can still reach, after " +
    "all other sessions that could reach it have ended or released it.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ deadlocks: v.array(deadlockInfo) }),
});

export const listSync = request("events/sync", {
  doc: "Every lock, semaphore, event, condition, barrier, queue and pipe of the server.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ sync: v.array(syncInfo) }),
});
