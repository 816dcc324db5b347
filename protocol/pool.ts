import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
import { target } from "./target.js";

const pool = () => handle("pool");
const params = () => v.strictObject({ pool: pool() });

export const poolInfo = v.strictObject({
  pool: pool(),
  /** For people; null when it was given none. */
  name: v.nullable(v.string()),
  /** The run that it belongs to. */
  run: v.nullable(handle("run")),
  /** The session that made it; `server` for that of a run. */
  session: v.string(),
  state: v.picklist(["running", "closed", "terminated"]),
  processes: count(1),
  /** Worker processes that run now, and how many of them are busy. */
  workers: count(),
  busy: count(),
  /** Tasks that have not been started. */
  queued: count(),
  done: count(),
  failed: count(),
});
export type PoolInfo = v.InferOutput<typeof poolInfo>;

export const create = request("pool/create", {
  doc: "Makes a pool of `processes` worker slots (default: the number of CPUs). Workers are daemonic, are started when tasks need them, and a dead one is replaced. The initializer runs in each worker before its first task; when it fails, the waiting tasks fail with its error instead of starting workers for ever. A worker ends after `maxTasksPerChild` tasks.",
  params: v.strictObject({
    pool: pool(),
    processes: v.optional(v.pipe(count(1), v.maxValue(4096))),
    initializer: v.optional(target),
    /** Holds `[args, kwargs]`. */
    initargs: v.optional(payload()),
    maxTasksPerChild: v.optional(count(1)),
    /** For people. */
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
  }),
  result: none(),
  errors: ["BadState"],
});

export const close = request("pool/close", {
  doc: "No new jobs. Jobs that exist may still submit (a lazy `imap` goes on); the workers end once nothing is left to do.",
  params: params(),
  result: none(),
});

export const terminate = request("pool/terminate", {
  doc: "Ends the workers at once; tasks that are not done fail with Cancelled. Answered when the workers have gone.",
  params: params(),
  result: none(),
});

export const join = request("pool/join", {
  doc: "Waits until the workers have gone. BadState unless the pool was closed or terminated.",
  params: v.strictObject({ pool: pool(), timeoutMs: timeoutMs() }),
  result: none(),
  errors: ["BadState", "TimedOut"],
});

export const status = request("pool/status", { doc: "The pool's numbers at this moment.", params: params(), result: poolInfo });

export const list = request("pool/list", {
  doc: "Every pool of the server.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ pools: v.array(poolInfo) }),
});

/** How one item fared. */
export const outcome = v.union([
  v.strictObject({ index: count(), ok: v.literal(true), value: payload() }),
  v.strictObject({ index: count(), ok: v.literal(false), error: v.object({ code: v.number(), message: v.string(), data: v.optional(v.record(v.string(), v.unknown())) }) }),
]);

export const map = request("pool/map", {
  doc: "The whole of a map in one request, for scripts: runs the target once for each item, in a given pool or in one made for it (`processes`), and answers with every outcome in the items' order. With `progressToken`, `$/progress` tells how far it is. Cancelling the request cancels what is left. Use `job/create` to stream.",
  params: v.strictObject({
    pool: v.optional(pool()),
    processes: v.optional(v.pipe(count(1), v.maxValue(4096))),
    target,
    items: v.array(payload()),
    retries: v.optional(count()),
    timeoutMs: timeoutMs(),
    progressToken: v.optional(v.union([v.number(), v.string()])),
  }),
  result: v.strictObject({ outcomes: v.array(outcome) }),
  errors: ["BadState", "TargetNotFound"],
});
