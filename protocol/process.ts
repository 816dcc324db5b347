import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
import { target } from "./target.js";

const process = () => handle("process");
const params = () => v.strictObject({ process: process() });

export const onParentDeath = v.picklist(["end", "continue"]);
export type OnParentDeath = v.InferOutput<typeof onParentDeath>;

/** One operating system process that the server started. */
export const processInfo = v.strictObject({
  process: process(),
  /** Null until it has been started. */
  pid: v.nullable(count()),
  name: v.string(),
  /** `process`: somebody called start. `worker`: a pool's. `host`: warm, waiting for work. `task`: a command that a pool runs. */
  role: v.picklist(["process", "worker", "host", "task"]),
  state: v.picklist(["starting", "running", "exited"]),
  daemon: v.boolean(),
  runtime: v.string(),
  /** What it runs, for people. */
  target: v.string(),
  /**
   * Where the code of its target is. `file`: absolute path. `export`: null for a command, whose `file` is the script that it runs. Null when there is none or
   * it is not known (a text, a program); a pool's worker has that of the last task that it was given.
   */
  source: v.nullable(v.strictObject({ file: v.string(), export: v.nullable(v.string()) })),
  /** The folder that it was started in: absolute path. */
  cwd: v.string(),
  /** The process whose child it is; null when its parent is a client that the server did not start. */
  parent: v.nullable(process()),
  /** The session that started it; `server` when it works for a run. */
  session: v.string(),
  pool: v.nullable(handle("pool")),
  /** 0…255, or −N when signal N ended it; null while it runs. */
  exitCode: v.nullable(v.number()),
  /** Why it ended, for people; null while it runs. */
  reason: v.nullable(v.string()),
  /** Milliseconds since 1970. */
  startedAt: v.number(),
  endedAt: v.nullable(v.number()),
  /** The pool's task that it runs now. For subscribers its changes are gathered: one `process` event for each process every 250 ms. */
  task: v.nullable(v.strictObject({ job: handle("job"), index: count(), startedAt: v.number() })),
});
export type ProcessInfo = v.InferOutput<typeof processInfo>;

export const outputLine = v.strictObject({
  process: process(),
  pid: count(),
  stream: v.picklist(["stdout", "stderr"]),
  /** Number of the line within its process, from 0, both streams counted together. */
  line: count(),
  /** Without its line end. A line over 64 KiB comes in pieces, all but the last with `partial`. */
  text: v.string(),
  /** True: no line end follows (a piece of a long line, or the last words of a process). */
  partial: v.boolean(),
  /** The task that wrote it. */
  task: v.nullable(v.strictObject({ job: handle("job"), index: count() })),
});
export type OutputLine = v.InferOutput<typeof outputLine>;

export const usage = v.strictObject({
  process: process(),
  pid: count(),
  /** Percent of one core, over the time since the last look; its descendants included. */
  cpuPercent: v.number(),
  /** Resident bytes; its descendants included. */
  memoryBytes: v.number(),
  /** Descendants that the server did not start itself. */
  descendants: v.array(v.strictObject({ pid: count(), parentPid: count(), cpuPercent: v.number(), memoryBytes: v.number(), command: v.string() })),
});
export type Usage = v.InferOutput<typeof usage>;

export const start = request("process/start", {
  doc: "Starts a process and answers once it runs. `args` holds `[args, kwargs]`: kwargs reach a JavaScript function as one last argument, when there are any; a command gets args as further arguments. A module or source target takes over a warm host when there is one and neither `cwd` nor `env` is given. A daemonic process ends with its parent and may not have children (BadState). `onParentDeath` says how long a non-daemonic one may live. Without it the process ends when the client ends, below which it was started, at whatever depth; it outlives a parent process that dies.",
  params: v.strictObject({
    process: process(),
    target,
    args: v.optional(payload()),
    /** Default `Process-N`. */
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
    daemon: v.optional(v.boolean()),
    /** `end`: it also ends when its parent process dies. `continue`: it outlives parent and client; refused with InvalidParams for a daemonic process. */
    onParentDeath: v.optional(onParentDeath),
    cwd: v.optional(v.string()),
    env: v.optional(v.record(v.string(), v.nullable(v.string()))),
  }),
  result: v.strictObject({ pid: count(), name: v.string() }),
  errors: ["BadState", "SpawnFailed", "TargetNotFound"],
});

export const join = request("process/join", {
  doc: "Waits until the process has exited and its output has been sent to those who subscribed. `exited` is false when `timeoutMs` passed.",
  params: v.strictObject({ process: process(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ exited: v.boolean(), exitCode: v.nullable(v.number()) }),
});

export const status = request("process/status", { doc: "What is known of the process.", params: params(), result: processInfo });

export const list = request("process/list", {
  doc: "`children`: this session's living children, Python's `active_children`. `all`: every process of the server, pool workers and warm hosts included; with `ended`, also those that ended and are still remembered.",
  params: v.strictObject({ scope: v.picklist(["children", "all"]), ended: v.optional(v.boolean()) }),
  result: v.strictObject({ processes: v.array(processInfo) }),
});

export const terminate = request("process/terminate", {
  doc: "Sends SIGTERM to the process and its descendants; with `graceMs`, SIGKILL follows for whoever is left then. Answered at once; `process/join` waits for the end. Nothing happens to a process that has exited. `pid` names a process that `process/list` showed, instead of its handle.",
  params: v.strictObject({ process: v.optional(process()), pid: v.optional(count(1)), graceMs: timeoutMs() }),
  result: none(),
  errors: ["BadState"],
});

export const kill = request("process/kill", {
  doc: "Sends SIGKILL to the process and its descendants. `pid` names a process that `process/list` showed, instead of its handle.",
  params: v.strictObject({ process: v.optional(process()), pid: v.optional(count(1)) }),
  result: none(),
  errors: ["BadState"],
});

export const close = request("process/close", {
  doc: "Forgets a process that has exited; fails with BadState while it runs.",
  params: params(),
  result: none(),
  errors: ["BadState"],
});

export const output = request("process/output", {
  doc: "The last lines that the process wrote and that are still remembered, from number `fromLine` on; `dropped` counts those between that are not.",
  params: v.strictObject({ process: process(), fromLine: v.optional(count()) }),
  result: v.strictObject({ lines: v.array(outputLine), dropped: count() }),
});

export const usageOf = request("process/usage", {
  doc: "CPU and memory of the running processes (of all, or of those named), their descendants added up and listed.",
  params: v.strictObject({ processes: v.optional(v.array(process())) }),
  result: v.strictObject({ usage: v.array(usage) }),
});
