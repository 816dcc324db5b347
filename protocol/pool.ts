import * as v from "valibot";
import { clusterAddress, label } from "./cluster-address.js";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
import { environment, execArgv, target } from "./target.js";

const pool = () => handle("pool");
const params = () => v.strictObject({ pool: pool() });

export const poolInfo = v.strictObject({
  pool: pool(),
  /** For display. Null if the creator gave no name. */
  name: v.nullable(v.string()),
  /** The run that the pool belongs to, or null. */
  run: v.nullable(handle("run")),
  /** The session that created it; `server` if it belongs to a run. */
  session: v.string(),
  state: v.picklist(["running", "closed", "terminated"]),
  processes: count(1),
  /** Worker processes that run now; `busy` of them have a task. */
  workers: count(),
  busy: count(),
  /** Tasks that no worker has begun. */
  queued: count(),
  done: count(),
  failed: count(),
  /** The cluster on whose hosts its tasks run, without the password. Absent: they run on this machine. */
  cluster: v.optional(v.string()),
  /** The programs that run its functions, the first one first: `/app/.venv/bin/python`. Absent before its first job. */
  interpreters: v.optional(v.array(v.string())),
});
export type PoolInfo = v.InferOutput<typeof poolInfo>;

export const create = request("pool/create", {
  doc:
    "Makes a pool of up to `processes` workers (default: the number of CPUs). The server " +
    "starts them when tasks need them, and replaces one that has died. The initializer runs in each worker before " +
    "its first task. If it fails, the waiting tasks fail with its error, so that the server does not start workers " +
    "without end. A worker ends after `maxTasksPerChild` tasks. With `cluster` the tasks run on the hosts of a " +
    "cluster, at most `processes` at a time (default: no limit). Such a pool takes no option about its workers: " +
    "`initializer`, `initargs`, `maxTasksPerChild`, `daemon`, `cwd`, `env`, `execArgv`, `minProcesses`, " +
    "`idleTimeoutMs` and `runtime` are refused with BadState.",
  params: v.strictObject({
    pool: pool(),
    processes: v.optional(v.pipe(count(1), v.maxValue(4096))),
    initializer: v.optional(target),
    /** Holds `[args, kwargs]` of the initializer. Default: none. */
    initargs: v.optional(payload()),
    maxTasksPerChild: v.optional(count(1)),
    /** Whether the workers are daemonic: such workers may not start processes or make pools. Default: true. */
    daemon: v.optional(v.boolean()),
    /** Folder in which the workers run. Default: the server's. */
    cwd: v.optional(v.string()),
    /** Changes to the workers' environment; `null` removes a variable. Default: none. */
    env: v.optional(environment()),
    /** Options of Node for workers of the runtime `node`. Default: those that the server was started with. */
    execArgv: v.optional(execArgv()),
    /** Workers that are started with the pool and stay when they are idle. Default 0. */
    minProcesses: v.optional(v.pipe(count(), v.maxValue(4096))),
    /** Milliseconds after which an idle worker beyond `minProcesses` ends. Default: it stays. */
    idleTimeoutMs: timeoutMs(),
    /** Runtime of the workers that `minProcesses` starts. Default: that of the initializer, otherwise `node`. */
    runtime: v.optional(v.string()),
    /** For display. Default: none. */
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
    /** Address of a cluster's Redis: `rediss://user@redis.example/0`. Default: the tasks run on this machine. */
    cluster: v.optional(clusterAddress()),
    /** Labels that a host must have to run its tasks. Only with `cluster`. Default: none. */
    needs: v.optional(v.array(label())),
  }),
  result: none(),
  errors: ["BadState"],
});

export const close = request("pool/close", {
  doc:
    "Refuses new jobs. Existing jobs may still submit tasks (a lazy `imap` goes on). The workers end when no task " +
    "is left.",
  params: params(),
  result: none(),
});

export const terminate = request("pool/terminate", {
  doc:
    "Ends the workers at once. Tasks that are not done fail with Cancelled. The answer comes when the workers have " +
    "exited.",
  params: params(),
  result: none(),
});

export const join = request("pool/join", {
  doc: "Waits until the workers have exited. Fails with BadState unless the pool was closed or terminated.",
  params: v.strictObject({ pool: pool(), timeoutMs: timeoutMs() }),
  result: none(),
  errors: ["BadState", "TimedOut"],
});

export const status = request("pool/status", {
  doc: "The pool's numbers at this moment.",
  params: params(),
  result: poolInfo,
});

export const list = request("pool/list", {
  doc: "Every pool of the server.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ pools: v.array(poolInfo) }),
});

/** The outcome of one item. */
export const outcome = v.union([
  v.strictObject({ index: count(), ok: v.literal(true), value: payload() }),
  v.strictObject({
    index: count(),
    ok: v.literal(false),
    error: v.object({
      code: v.number(),
      message: v.string(),
      data: v.optional(v.record(v.string(), v.unknown())),
    }),
  }),
]);

export const map = request("pool/map", {
  doc:
    "A whole map in one request, for scripts. The server runs the target once for each item, in the given pool or " +
    "in a new one with `processes` workers. The answer has every outcome, in the order of the items. With " +
    "`progressToken`, `$/progress` reports how many items are done. Cancelling the request cancels the tasks that " +
    "are not done. To stream items and outcomes, use `job/create`.",
  params: v.strictObject({
    pool: v.optional(pool()),
    processes: v.optional(v.pipe(count(1), v.maxValue(4096))),
    target,
    items: v.array(payload()),
    retries: v.optional(count()),
    timeoutMs: timeoutMs(),
    progressToken: v.optional(v.union([v.number(), v.string()])),
  }),
  result: v.strictObject({
    outcomes: v.array(outcome),
    /**
     * For a session with `blobs: "own"`, if the given pool belongs to another process tree: the origin of all outcomes.
     * Otherwise absent.
     */
    origin: v.optional(v.string()),
  }),
  errors: ["BadState", "TargetNotFound"],
});
