import * as v from "valibot";
import { clusterAddress, label } from "./cluster-address.js";
import { request } from "./message.js";
import { failure } from "./job.js";
import { progress } from "./progress.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
import { waitReason } from "./waits.js";
import { environment, target } from "./target.js";

/*
 * A run is a map that belongs to the server, not to a session. It goes on when the session that started it ends, and
 * every client may read it, wait for it and cancel it. The server keeps the outcomes until a client sends `run/forget`,
 * or until too many newer runs have ended.
 */
const run = () => handle("run");
/**
 * For a session with `blobs: "own"`, if another process tree started the run: the origin of every payload and error of
 * the answer.
 */
const origin = () => v.optional(v.string());
const params = () => v.strictObject({ run: run() });

/**
 * When to end a run early: once `failures` items have failed, no further item or retry begins. With `now`, running
 * items are ended too.
 */
export const halt = v.strictObject({ failures: count(1), now: v.optional(v.boolean()) });
export type Halt = v.InferOutput<typeof halt>;

export const runInfo = v.strictObject({
  run: run(),
  name: v.string(),
  /** What it runs, for display. */
  target: v.string(),
  /**
   * `done`: every item has its outcome. `halted`: ended early, by its `halt` or because its target cannot
   * be loaded or started. In every state, items may still run and workers may still be ending until `endedAt` is set.
   */
  state: v.picklist(["running", "done", "cancelled", "halted"]),
  /** Its pool. The run's workers and commands are processes of this pool. */
  pool: handle("pool"),
  /** Its job, as output lines and tasks name it. */
  job: handle("job"),
  processes: count(1),
  /** Items that go to a worker together; 1 for a command. A chunk of more than 4 MiB is cut into smaller ones. */
  chunkSize: count(1),
  total: count(),
  queued: count(),
  running: count(),
  done: count(),
  failed: count(),
  cancelled: count(),
  /** How many of `done` are outcomes of earlier runs. Absent: the run has no `cache`. */
  cached: v.optional(count()),
  /** Milliseconds since 1970. */
  startedAt: v.number(),
  /** Null while an item is under way or a worker has not exited. */
  endedAt: v.nullable(v.number()),
  /** The session that started the run. It may have ended. */
  session: v.string(),
  /** The cluster on whose hosts its items run, without the password. Absent: they run on this machine. */
  cluster: v.optional(v.string()),
});
export type RunInfo = v.InferOutput<typeof runInfo>;

/** The latest state of one item. */
export const runEntry = v.strictObject({
  index: count(),
  /** Index of the first item of its chunk, under which the output of the chunk's items is reported. */
  chunk: count(),
  /** `queued`: waits for a retry, or for another worker. `cancelled`: never ran, or was ended by a cancellation. */
  state: v.picklist(["queued", "running", "done", "failed", "cancelled"]),
  /**
   * Pid of the worker or command that has the item or had it last; 0 if it never reached one. On a host of a cluster,
   * it is known when the item has ended.
   */
  pid: count(),
  /**
   * The host of the cluster that has the item or had it last: of one that runs, known after half a second. Absent: this
   * machine, or it is not known yet.
   */
  host: v.optional(v.string()),
  /** From 1. */
  attempt: count(1),
  /** Milliseconds since 1970; null if it never ran. Items of one chunk often have the same time. */
  startedAt: v.nullable(v.number()),
  /**
   * How long it ran, in milliseconds (of an item that failed: its last attempt; of one with `cached`: when it ran).
   * Null until it has its outcome.
   */
  ms: v.nullable(v.number()),
  /** Its outcome is that of an earlier run, so it did not run: `pid` is 0, `startedAt` null. Absent: false. */
  cached: v.optional(v.boolean()),
  /**
   * For people: why no earlier outcome was found, such as `/data/a.txt changed`. Absent: one was found, the item is
   * new, it was not looked for yet, or the run has no `cache`.
   */
  notCached: v.optional(v.string()),
  /** What the item, which runs, last reported of itself. Absent: nothing, or it does not run. */
  progress: v.optional(progress),
  /** The result of an item that is done. Absent if the server no longer has it (`maxResultBytes`). */
  value: v.optional(payload()),
  /**
   * Why it failed, or only code, name and the beginning of the message, if the server no longer has the rest. Absent:
   * it did not fail.
   */
  error: v.optional(failure),
});
export type RunEntry = v.InferOutput<typeof runEntry>;

/**
 * Outcomes of items that succeeded are kept in files of the server's machine, and replayed while nothing has changed
 * that they depend on: the item and the files that its texts name; the command, its folder and its program's file, or
 * the function's module with what it imports; `inputs` and `env`. What a worker writes for an item is replayed, too. An
 * item whose outcome cannot be looked up, read or kept runs as without a cache. Failures are not kept, nor results with
 * handles or private values of a language, nor commands whose output was cut or is not UTF-8. Only for commands and for
 * functions of a module, on this machine; `chunkSize` is 1. `polyproc map --cache` uses the same files.
 */
export const cache = v.strictObject({
  /** Absolute path of the folder with the outcomes. Default: `polyproc/map` in the user's folder for caches. */
  dir: v.optional(v.pipe(v.string(), v.minLength(1))),
  /** Patterns of files that all items depend on, relative to the folder in which they run. Default: none. */
  inputs: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
  /** Variables of the environment that outcomes depend on. Default: those that the `env` of the run or command has. */
  env: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
  /** Most bytes in `dir`: when the run ends, what was not used for longest is removed. Default: 1 GiB. */
  maxBytes: v.optional(count()),
});
export type Cache = v.InferOutput<typeof cache>;

const spec = {
  /** For display. Default: the target. */
  name: v.optional(v.pipe(v.string(), v.maxLength(200))),
  target,
  /** Notes of the client on the run, such as labels of items. `run/spec` returns them. At most 16 MiB. */
  meta: v.optional(payload()),
  /**
   * Absolute path of the folder in which workers run a function. Default: the server's. A command has a `cwd` itself.
   */
  cwd: v.optional(v.string()),
  /** Changes to the environment of workers that run a function; `null` removes a variable. A command has an `env`. */
  env: v.optional(environment()),
  /** Default: the number of CPUs; with `cluster`, no limit. */
  processes: v.optional(v.pipe(count(1), v.maxValue(4096))),
  /**
   * Address of a cluster's Redis: its hosts run the items, and start their workers themselves, so `cwd` and `env` must
   * be absent. `run/spec` returns it without the password. Default: this machine.
   */
  cluster: v.optional(clusterAddress()),
  /** Labels that a host must have to run its items. Only with `cluster`. Default: none. */
  needs: v.optional(v.array(label())),
  /** Items that go to a worker together, for functions; a command gets one. Default 1. */
  chunkSize: v.optional(count(1)),
  retries: v.optional(count()),
  /** Limit of each item from its start. */
  timeoutMs: timeoutMs(),
  /** Between asking an item to stop and killing it. Default 1000. */
  graceMs: timeoutMs(),
  halt: v.optional(halt),
  /** Outcomes of earlier runs that are replayed. Default: every item runs. */
  cache: v.optional(cache),
};

export const start = request("run/start", {
  doc:
    "Starts a run: the target once for each item, in a pool of its own, which ends with it. The answer comes when " +
    "the run is accepted. `run/read` reads its outcomes; `events/subscribe` with the topic `run` reports its " +
    "numbers. If the target cannot be loaded (TargetNotFound), or its program cannot be started, the run ends early: " +
    "no further item begins. The server keeps at most `maxResultBytes` (default 64 MiB) of results and of the " +
    "details of failures. " +
    "Beyond that it drops the oldest of these; their items stay. Of the runs that have ended the server keeps the " +
    "last 200, and at most 64 MiB of their items, results and output. Beyond that it forgets the oldest first, but " +
    "never the last one. Fails with Overloaded if the items of all runs under way would exceed four times " +
    "`limits.maxQueuedBytes`.",
  params: v.strictObject({
    run: run(),
    ...spec,
    items: v.array(payload()),
    maxResultBytes: v.optional(v.pipe(count(), v.maxValue(2 ** 30))),
  }),
  result: v.strictObject({ run: runInfo }),
  errors: ["BadState", "TargetNotFound"],
});

export const list = request("run/list", {
  doc: "Every run that the server remembers, oldest first.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ runs: v.array(runInfo) }),
});

export const status = request("run/status", {
  doc: "The run's numbers at this moment.",
  params: params(),
  result: runInfo,
});

export const specOf = request("run/spec", {
  doc: "What `run/start` was given, to show it or to start it again.",
  params: params(),
  result: v.strictObject({ ...spec, items: v.array(payload()), origin: origin() }),
});

export const read = request("run/read", {
  doc:
    "Entries of items that changed after position `since` (0: from the beginning), oldest change first. Each item " +
    "occurs once, with its latest state. `next` is the position for the next call. If nothing has changed, the " +
    "request waits, at most `timeoutMs`, and then answers without entries. `ended`: the run has ended, and no " +
    "entries follow these. One answer has at most `limit` entries (default 1000) and about 1 MiB. A reader calls " +
    "this in a loop, at its own pace: a slow reader misses intermediate states, but never an outcome.",
  params: v.strictObject({
    run: run(),
    since: v.optional(count()),
    limit: v.optional(v.pipe(count(1), v.maxValue(10_000))),
    timeoutMs: timeoutMs(),
  }),
  result: v.strictObject({ entries: v.array(runEntry), next: count(), ended: v.boolean(), origin: origin() }),
});

export const outputOf = request("run/output", {
  doc:
    "The last 64 KiB that an item wrote, as lines. Items of one chunk share their output, under the index of the " +
    "first one. The server keeps the last 16 MiB of a run's output; `dropped` is the number of lines that it no " +
    "longer has.",
  params: v.strictObject({ run: run(), index: count() }),
  result: v.strictObject({
    lines: v.array(v.strictObject({ stream: v.picklist(["stdout", "stderr"]), text: v.string() })),
    dropped: count(),
  }),
});

export const runWait = v.strictObject({
  /** Pid of the worker. */
  pid: count(),
  /** What it waited for. */
  object: v.string(),
  /** What would have ended the wait. */
  reason: waitReason,
  /** Milliseconds since 1970. */
  startedAt: v.number(),
  ms: v.number(),
});
export type RunWait = v.InferOutput<typeof runWait>;

export const runWaitTotal = v.strictObject({
  /** What they waited for. */
  object: v.string(),
  /** What would have ended the waits. */
  reason: waitReason,
  /** Sum over all workers. */
  ms: v.number(),
  /** How many waits. */
  count: count(),
});
export type RunWaitTotal = v.InferOutput<typeof runWaitTotal>;

export const waits = request("run/waits", {
  doc:
    "What the workers of a run waited for: locks, permits, items of queues and so on. `totals` has the sum for each " +
    "object, the longest first (at most 200 objects). `waits` has the first 2000 waits of 1 ms and more that have " +
    "ended; `dropped` is the number of those after them.",
  params: params(),
  result: v.strictObject({
    /** Single waits, in the order of their ends. */
    waits: v.array(runWait),
    dropped: count(),
    /** The sums for each object and reason. */
    totals: v.array(runWaitTotal),
  }),
});

export const wait = request("run/wait", {
  doc: "Waits until the run has ended: every item has its outcome, and its workers have exited.",
  params: v.strictObject({ run: run(), timeoutMs: timeoutMs() }),
  result: runInfo,
  errors: ["TimedOut"],
});

export const cancel = request("run/cancel", {
  doc:
    "Cancels the items with these indexes and the other items of their chunks, or without `indexes` all items that " +
    "are not done. Running items are asked to stop, and killed after `graceMs`. With `waiting`, only items that no " +
    "worker has begun are cancelled. With `waiting` and without `indexes`, running items that fail later are not " +
    "retried. The answer counts items. Nothing happens to a run that has ended.",
  params: v.strictObject({
    run: run(),
    indexes: v.optional(v.array(count())),
    waiting: v.optional(v.boolean()),
    graceMs: timeoutMs(),
  }),
  result: v.strictObject({ cancelled: count() }),
});

export const forget = request("run/forget", {
  doc: "Forgets a run that has ended, with its results and output. Fails with BadState until `endedAt` is set.",
  params: params(),
  result: none(),
  errors: ["BadState"],
});
