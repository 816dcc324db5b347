import * as v from "valibot";
import { notification, request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
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
  doc: "A job is a target and the tasks that run it in a pool; `map` is one job, so are all `apply` calls of one function. Submit tasks, then wait for `job/results`. `timeoutMs` limits each task from its start; past it the task is cancelled (the function's AbortSignal first, the worker's end after `graceMs`) and fails with TimedOut. A task is tried `1 + retries` times when it fails, times out or loses its worker.",
  params: v.strictObject({
    job: job(),
    pool: handle("pool"),
    target,
    mode,
    /** For people; default: the target. */
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
    retries: v.optional(count()),
    timeoutMs: timeoutMs(),
    /** Between asking a task to stop and killing its worker. Default 1000. */
    graceMs: timeoutMs(),
  }),
  result: none(),
  errors: ["BadState"],
});

export const taskInput = v.strictObject({
  /** Number of the task's first item in the job; the client counts. */
  index: count(),
  /** How many items `items` holds: the chunk size. Default 1. */
  count: v.optional(count(1)),
  /** Payload of an array of `count` items. */
  items: payload(),
});
export type TaskInput = v.InferOutput<typeof taskInput>;

export const submit = request("job/submit", {
  doc: "Adds tasks. The answer comes when they are accepted, which is at once unless the session has `limits.maxQueuedBytes` waiting: a producer that waits for each answer needs no other flow control. A session with more than four times that in submits that are not yet answered gets Overloaded.",
  params: v.strictObject({ job: job(), tasks: v.array(taskInput) }),
  result: none(),
  errors: ["BadState", "Overloaded"],
});

/** `{code, message, data}` of a failed item, with the codes of errors. */
export const failure = v.object({ code: v.number(), message: v.string(), data: v.optional(v.record(v.string(), v.unknown())) });
export type Failure = v.InferOutput<typeof failure>;

/** The outcome of `count` neighbouring items. */
export const resultEntry = v.strictObject({
  index: count(),
  count: count(1),
  /** Payload of an array of `count` results; absent when they failed. */
  values: v.optional(payload()),
  error: v.optional(failure),
  /** To a session with `blobs: "own"`, when the pool belongs to another process tree: which. */
  origin: v.optional(v.string()),
  /** The worker; 0 when the task never reached one. */
  pid: count(),
  /** How long it ran, in milliseconds; 0 when it never ran. */
  ms: v.number(),
});
export type ResultEntry = v.InferOutput<typeof resultEntry>;

export const results = notification("job/results", {
  doc: "Outcomes as they come, in no particular order, each item of each task once. A task of many items may report in parts.",
  direction: "serverToClient",
  params: v.strictObject({ job: job(), results: v.array(resultEntry) }),
});

export const cancel = request("job/cancel", {
  doc: "Cancels the tasks with these first indexes, or all that are not done. One that waits fails with Cancelled at once; one that runs is asked to stop, and its worker (that one alone) is killed after `graceMs`. Tasks that are done are left alone. With `waiting` those that a worker has begun are left alone, too: exactly those that nobody has begun are cancelled.",
  params: v.strictObject({ job: job(), indexes: v.optional(v.array(count())), waiting: v.optional(v.boolean()), graceMs: timeoutMs() }),
  result: v.strictObject({ cancelled: count() }),
});

export const wait = request("job/wait", {
  doc: "Waits until every task submitted so far has its outcome, all of them sent before this answer.",
  params: v.strictObject({ job: job(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ done: count(), failed: count() }),
  errors: ["TimedOut"],
});

export const started = notification("job/started", {
  doc: "Tasks that a worker began. Sent only to a session that asked with `job/watch`.",
  direction: "serverToClient",
  params: v.strictObject({ job: job(), tasks: v.array(v.strictObject({ index: count(), pid: count(), startedAt: v.number() })) }),
});

export const watch = request("job/watch", {
  doc: "From now on this session gets `job/started` for the job.",
  params: v.strictObject({ job: job() }),
  result: none(),
});
