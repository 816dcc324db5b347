import * as v from "valibot";
import { request } from "./message.js";
import { failure } from "./job.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
import { target } from "./target.js";

/*
 * A run is a map that belongs to the server rather than to a session: it goes on when whoever started it disconnects, and anybody who knows
 * the server can look at it, wait for it, cancel it. The server keeps its outcomes until somebody forgets it, or too many newer ones have ended.
 */
const run = () => handle("run");
const params = () => v.strictObject({ run: run() });

/** When to end a run early: at the `failures`th failed item nothing more begins, another try neither; with `now`, what runs is ended too. */
export const halt = v.strictObject({ failures: count(1), now: v.optional(v.boolean()) });
export type Halt = v.InferOutput<typeof halt>;

export const runInfo = v.strictObject({
  run: run(),
  name: v.string(),
  /** What it runs, for people. */
  target: v.string(),
  /**
   * `done`: every item has its outcome. `halted`: ended early by its `halt`. Whatever the state, something may still be under way (items, or
   * workers that end) until `endedAt` is set.
   */
  state: v.picklist(["running", "done", "cancelled", "halted"]),
  /** Its pool; workers and commands of the run are processes of this pool. */
  pool: handle("pool"),
  /** Its job, by which output lines and tasks name it. */
  job: handle("job"),
  processes: count(1),
  total: count(),
  queued: count(),
  running: count(),
  done: count(),
  failed: count(),
  cancelled: count(),
  /** Milliseconds since 1970. */
  startedAt: v.number(),
  /** Null while anything of it is under way: an item, or a worker that has not gone. */
  endedAt: v.nullable(v.number()),
  /** The session that started it; it may have ended. */
  session: v.string(),
});
export type RunInfo = v.InferOutput<typeof runInfo>;

/** How one item fares, the latest that is known of it. */
export const runEntry = v.strictObject({
  index: count(),
  /** `queued`: waits for another try, or for another worker. `cancelled`: never run, or ended by a cancellation. */
  state: v.picklist(["queued", "running", "done", "failed", "cancelled"]),
  /** The worker, or the command's process, that has it or had it last; 0 when it never reached one. */
  pid: count(),
  /** From 1. */
  attempt: count(1),
  /** Milliseconds since 1970; null when it never ran. Items of one chunk begin together, as far as is known. */
  startedAt: v.nullable(v.number()),
  /** How long it ran, in milliseconds (an item that failed: its last try); null until it has its outcome. */
  ms: v.nullable(v.number()),
  /** The result of an item that is done; absent when the server no longer has it (`maxResultBytes`). */
  value: v.optional(payload()),
  /** Shortened to its code, name and the beginning of its message when the server no longer has the rest. */
  error: v.optional(failure),
});
export type RunEntry = v.InferOutput<typeof runEntry>;

const spec = {
  /** For people; default: the target. */
  name: v.optional(v.pipe(v.string(), v.maxLength(200))),
  target,
  /** The client's own notes on the run (labels of items, say), handed back by `run/spec`. At most 16 MiB. */
  meta: v.optional(payload()),
  /** Default: the number of CPUs. */
  processes: v.optional(v.pipe(count(1), v.maxValue(4096))),
  /** Items that go to a worker together, for functions; a command gets one. Default 1. */
  chunkSize: v.optional(count(1)),
  retries: v.optional(count()),
  /** Limit of each item from its start. */
  timeoutMs: timeoutMs(),
  /** Between asking an item to stop and killing it. Default 1000. */
  graceMs: timeoutMs(),
  halt: v.optional(halt),
};

export const start = request("run/start", {
  doc: "Starts a run: the target once for each item, in a pool of its own, which ends with it. Answers when it is accepted. Its outcomes are read with `run/read`; `events/subscribe` with the topic `run` tells its numbers. Results of more than `maxResultBytes` in sum (default 64 MiB), and what failures bring along, are not kept: the oldest go first, their items stay. Of the runs that have ended the server keeps the last 200, and no more than 256 MiB of items, results and output in sum, the last run always: the oldest are forgotten first. Overloaded when the items of the runs under way would be more than four times `limits.maxQueuedBytes`.",
  params: v.strictObject({ run: run(), ...spec, items: v.array(payload()), maxResultBytes: v.optional(v.pipe(count(), v.maxValue(2 ** 30))) }),
  result: v.strictObject({ run: runInfo }),
  errors: ["BadState", "TargetNotFound"],
});

export const list = request("run/list", {
  doc: "Every run that the server knows, oldest first.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({ runs: v.array(runInfo) }),
});

export const status = request("run/status", { doc: "The run's numbers at this moment.", params: params(), result: runInfo });

export const specOf = request("run/spec", {
  doc: "What `run/start` was given, to show it or to start it again.",
  params: params(),
  result: v.strictObject({ ...spec, items: v.array(payload()) }),
});

export const read = request("run/read", {
  doc: "Entries of items that changed after position `since` (0: from the beginning), oldest change first, each item once with its latest state; `next` is the position for the next call. When there is none yet it waits, at most `timeoutMs`, and answers without entries then. `ended`: the run has ended, and nothing comes after these. At most `limit` entries (default 1000) and about 1 MiB come at once. Reading in a loop gets everything, at the reader's own pace: a slow reader skips what lay between, and never an outcome.",
  params: v.strictObject({ run: run(), since: v.optional(count()), limit: v.optional(v.pipe(count(1), v.maxValue(10_000))), timeoutMs: timeoutMs() }),
  result: v.strictObject({ entries: v.array(runEntry), next: count(), ended: v.boolean() }),
});

export const outputOf = request("run/output", {
  doc: "What an item wrote, the last 64 KiB of it, as lines; items of one chunk share it, under the first one's index. The server keeps 16 MiB for a run, the latest; `dropped` counts lines that it no longer has.",
  params: v.strictObject({ run: run(), index: count() }),
  result: v.strictObject({ lines: v.array(v.strictObject({ stream: v.picklist(["stdout", "stderr"]), text: v.string() })), dropped: count() }),
});

export const wait = request("run/wait", {
  doc: "Waits until the run has ended: every item has its outcome and its workers have gone.",
  params: v.strictObject({ run: run(), timeoutMs: timeoutMs() }),
  result: runInfo,
  errors: ["TimedOut"],
});

export const cancel = request("run/cancel", {
  doc: "Cancels the items with these indexes (with the whole of their chunks), or all that are not done. What runs is asked to stop and killed after `graceMs`; with `waiting` only what no worker has begun is cancelled, and what fails from then on is not tried again when all was meant. The answer counts items. Nothing happens to a run that has ended.",
  params: v.strictObject({ run: run(), indexes: v.optional(v.array(count())), waiting: v.optional(v.boolean()), graceMs: timeoutMs() }),
  result: v.strictObject({ cancelled: count() }),
});

export const forget = request("run/forget", {
  doc: "Forgets a run that has ended, its results and output; BadState until `endedAt` is set.",
  params: params(),
  result: none(),
  errors: ["BadState"],
});
