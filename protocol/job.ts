import * as v from "valibot";
import { notification, request } from "./message.js";
import { itemProgress } from "./progress.js";
import { cast, count, handle, none, payload, timeoutMs } from "./schema.js";
import { target } from "./target.js";

const job = () => handle("job");

/**
 * How a task's items become calls.
 * - `apply`: each item is `[args, kwargs]`.
 * - `map`: each item is the one argument.
 * - `starmap`: each item is the list of arguments.
 */
export const mode = v.picklist(["apply", "map", "starmap"]);
export type Mode = v.InferOutput<typeof mode>;

export const create = request("job/create", {
  doc:
    "Makes a job: a target, and the tasks that run it in a pool. A `map` is one job; all `apply` calls of one " +
    "function are one job. The client submits tasks with `job/submit` and gets outcomes with `job/results`. " +
    "`timeoutMs` limits each task, from its start. When it has passed, the server asks the task to stop (the " +
    "function's AbortSignal fires), ends the worker after `graceMs`, and the task fails with TimedOut. A task that " +
    "fails, times out or loses its worker is retried, up to `retries` times.",
  params: v.strictObject({
    job: job(),
    pool: handle("pool"),
    target,
    mode,
    /** For display. Default: the target. */
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
    retries: v.optional(count()),
    /** Waiting tasks of a higher priority run first. Running tasks are not interrupted. Default 0. */
    priority: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-1000), v.maxValue(1000))),
    timeoutMs: timeoutMs(),
    /** Milliseconds between asking a task to stop and killing its worker. Default 1000. */
    graceMs: timeoutMs(),
  }),
  result: none(),
  errors: ["BadState"],
});

export const taskInput = v.strictObject({
  /** Index of the task's first item in the job. The client numbers the items. */
  index: count(),
  /** How many items `items` holds: the chunk size. Default 1. */
  count: v.optional(count(1)),
  /** Payload of an array of `count` items. */
  items: payload(),
});
export type TaskInput = v.InferOutput<typeof taskInput>;

export const submit = request("job/submit", {
  doc:
    "Adds tasks. The answer comes when they are accepted: at once, unless the session has `limits.maxQueuedBytes` " +
    "of tasks waiting. So a producer that waits for each answer needs no other flow control. A session whose " +
    "unanswered submits hold more than four times that much gets Overloaded. `cast`: the sender does not wait for " +
    "the answer, which the server may send some 10 ms later, together with others.",
  params: v.strictObject({ job: job(), tasks: v.array(taskInput), cast: cast() }),
  result: none(),
  errors: ["BadState", "Overloaded"],
});

/** `{code, message, data}` of a failed item, with the codes of errors. */
export const failure = v.object({
  code: v.number(),
  message: v.string(),
  data: v.optional(v.record(v.string(), v.unknown())),
});
export type Failure = v.InferOutput<typeof failure>;

/** The outcome of `count` neighbouring items. */
export const resultEntry = v.strictObject({
  index: count(),
  count: count(1),
  /** Payload of an array of `count` results. Absent if the items failed. */
  values: v.optional(payload()),
  error: v.optional(failure),
  /**
   * For a session with `blobs: "own"`, if the pool belongs to another process tree: the root session of that tree.
   * Otherwise absent.
   */
  origin: v.optional(v.string()),
  /** The worker's pid; 0 if the task never reached a worker. */
  pid: count(),
  /** How long the items ran, in milliseconds; 0 if they never ran. */
  ms: v.number(),
  /** The host on which they ran. Absent: this machine. */
  host: v.optional(v.string()),
});
export type ResultEntry = v.InferOutput<typeof resultEntry>;

export const results = notification("job/results", {
  doc:
    "Outcomes, in no particular order. Each item of each task has one outcome. A task of many items may report in " +
    "parts.",
  direction: "serverToClient",
  params: v.strictObject({ job: job(), results: v.array(resultEntry) }),
});

export const cancel = request("job/cancel", {
  doc:
    "Cancels the tasks with these first indexes, or all tasks that are not done. A waiting task fails with " +
    "Cancelled at once. A running task is asked to stop; after `graceMs` its worker is killed, and no other worker. " +
    "With `waiting`, only tasks that no worker has begun are cancelled.",
  params: v.strictObject({
    job: job(),
    indexes: v.optional(v.array(count())),
    waiting: v.optional(v.boolean()),
    graceMs: timeoutMs(),
  }),
  result: v.strictObject({ cancelled: count() }),
});

export const wait = request("job/wait", {
  doc: "Waits until every task submitted so far has its outcome. All these outcomes are sent before this answer.",
  params: v.strictObject({ job: job(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ done: count(), failed: count() }),
  errors: ["TimedOut"],
});

export const started = notification("job/started", {
  doc: "Tasks that a worker began. Sent only to a session that asked for it with `job/watch`.",
  direction: "serverToClient",
  params: v.strictObject({
    job: job(),
    tasks: v.array(v.strictObject({ index: count(), pid: count(), startedAt: v.number() })),
  }),
});

export const progressed = notification("job/progress", {
  doc:
    "What running items reported of themselves. An item without fraction and text has taken its report back. Sent " +
    "only to a session that asked for it with `job/watch`; a session that reads slowly misses reports.",
  direction: "serverToClient",
  params: v.strictObject({ job: job(), items: v.array(itemProgress) }),
});

export const watch = request("job/watch", {
  doc: "From now on the server sends `job/started` and `job/progress` of this job to this session.",
  params: v.strictObject({ job: job() }),
  result: none(),
});

export const output = notification("job/output", {
  doc:
    "Bytes that the command of an item wrote, in their order for each stream. Sent only for a command with `stream`, " +
    "to the job's session, before the item's outcome. While the session does not read, the command waits.",
  direction: "serverToClient",
  params: v.strictObject({
    job: job(),
    index: count(),
    stream: v.picklist(["stdout", "stderr"]),
    /** Bytes. */
    data: payload(),
  }),
});
