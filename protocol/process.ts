import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";
import { progress } from "./progress.js";
import { stackReading } from "./stack.js";
import { environment, execArgv, target } from "./target.js";

const process = () => handle("process");
const params = () => v.strictObject({ process: process() });

export const onParentDeath = v.picklist(["end", "continue"]);
export type OnParentDeath = v.InferOutput<typeof onParentDeath>;

export const standardStream = v.picklist(["stdin", "stdout", "stderr"]);
export type StandardStream = v.InferOutput<typeof standardStream>;

/** An operating system process that the server started. */
export const processInfo = v.strictObject({
  process: process(),
  /** Null until the operating system has started it. */
  pid: v.nullable(count()),
  name: v.string(),
  /**
   * `process`: started by `process/start`. `worker`: a pool's worker. `host`: a warm host. `task`: a command that a
   * pool runs.
   */
  role: v.picklist(["process", "worker", "host", "task"]),
  state: v.picklist(["starting", "running", "exited"]),
  daemon: v.boolean(),
  runtime: v.string(),
  /** What it runs, for display. */
  target: v.string(),
  /**
   * Where the code of its target is. `file`: absolute path. `export`: null for a command; then `file` is the script
   * that the command runs. Null if the target is source text or a program without a script. A pool's worker has the
   * source of the last task that it was given.
   */
  source: v.nullable(v.strictObject({ file: v.string(), export: v.nullable(v.string()) })),
  /** Absolute path of the folder in which it was started. */
  cwd: v.string(),
  /** The parent process. Null if the parent is a client that the server did not start. */
  parent: v.nullable(process()),
  /** The session that started it; `server` if it works for a run. */
  session: v.string(),
  pool: v.nullable(handle("pool")),
  /** 0 … 255, or −N if signal N ended it. Null while it runs. */
  exitCode: v.nullable(v.number()),
  /** Why it ended, for display. Null while it runs. */
  reason: v.nullable(v.string()),
  /**
   * True if its pool ended it: its task was cancelled, the pool was terminated, or the worker was no longer needed. So
   * its exit code is no failure.
   */
  dismissed: v.boolean(),
  /** Milliseconds since 1970. */
  startedAt: v.number(),
  endedAt: v.nullable(v.number()),
  /** The most memory that was seen, looked at once a second, with its descendants. Absent: it runs, or not known. */
  peakMemoryBytes: v.optional(count()),
  /**
   * Of a SIGKILL that the server did not send: whether the kernel killed it because memory ran out. Absent: it was not
   * killed so, or that is not known.
   */
  outOfMemory: v.optional(v.boolean()),
  /**
   * The pool's task that it runs now. For subscribers these changes are coalesced: at most one `process` event for each
   * process every 250 ms.
   */
  task: v.nullable(v.strictObject({ job: handle("job"), index: count(), startedAt: v.number() })),
  /**
   * The last report of the function or command that it runs now, coalesced like `task`. `index`: the item's number in
   * the task's job; absent for the function of a Process. Default: it has reported nothing.
   */
  progress: v.optional(v.strictObject({ index: v.optional(count()), ...progress.entries })),
});
export type ProcessInfo = v.InferOutput<typeof processInfo>;

export const outputLine = v.strictObject({
  process: process(),
  pid: count(),
  stream: v.picklist(["stdout", "stderr"]),
  /** Number of the line within its process, from 0. Both streams are counted together. */
  line: count(),
  /** Without its line end. A line over 64 KiB is sent in pieces; all but the last have `partial`. */
  text: v.string(),
  /** True if no line end follows: a piece of a long line, or the last output of a process. */
  partial: v.boolean(),
  /** The task that wrote it. */
  task: v.nullable(v.strictObject({ job: handle("job"), index: count() })),
});
export type OutputLine = v.InferOutput<typeof outputLine>;

export const usage = v.strictObject({
  process: process(),
  pid: count(),
  /** Percent of one core since the last measurement, with its descendants. */
  cpuPercent: v.number(),
  /** Resident bytes, with its descendants. */
  memoryBytes: v.number(),
  /** Descendants that the server did not start. */
  descendants: v.array(
    v.strictObject({
      pid: count(),
      parentPid: count(),
      cpuPercent: v.number(),
      memoryBytes: v.number(),
      command: v.string(),
    }),
  ),
});
export type Usage = v.InferOutput<typeof usage>;

export const start = request("process/start", {
  doc:
    "Starts a process. The answer comes when it runs. `args` holds `[args, kwargs]`. A JavaScript function gets " +
    "kwargs, if there are any, as one last argument; a command gets args as further arguments. A module or source " +
    "target takes a warm host if there is one and `cwd`, `env` and `execArgv` ask for nothing else. A daemonic " +
    "process ends with its parent and may not have children (BadState). A non-daemonic process outlives a parent " +
    "process that dies, and ends when the client at the root of its process tree ends. `onParentDeath` changes that.",
  params: v.strictObject({
    process: process(),
    target,
    args: v.optional(payload()),
    /** Default `Process-N`. */
    name: v.optional(v.pipe(v.string(), v.maxLength(200))),
    daemon: v.optional(v.boolean()),
    /**
     * `end`: it also ends when its parent process dies. `continue`: it outlives its parent and its client. Default: a
     * non-daemonic process outlives its parent and ends with its client. With a daemonic process, InvalidParams.
     */
    onParentDeath: v.optional(onParentDeath),
    cwd: v.optional(v.string()),
    env: v.optional(environment()),
    /** Options of Node, for a target of the runtime `node`. Default: those that the server was started with. */
    execArgv: v.optional(execArgv()),
    /**
     * Standard streams of a command that this session writes with `process/write` and reads with `process/read` (see
     * [Streams of a command](#streams-of-a-command)). Their output is not reported as lines. Default: none.
     */
    streams: v.optional(v.array(standardStream)),
  }),
  result: v.strictObject({ pid: count(), name: v.string() }),
  errors: ["BadState", "SpawnFailed", "TargetNotFound"],
});

export const join = request("process/join", {
  doc:
    "Waits until the process has exited and its output has been sent to the sessions that watch it. `exited` is " +
    "false if `timeoutMs` passed first.",
  params: v.strictObject({ process: process(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ exited: v.boolean(), exitCode: v.nullable(v.number()) }),
});

export const status = request("process/status", {
  doc: "The state of the process.",
  params: params(),
  result: processInfo,
});

export const list = request("process/list", {
  doc:
    "`children`: this session's living children, as Python's `active_children`. `all`: every process of the " +
    "server, with pool workers and warm hosts. With `ended`, also processes that have ended and that the server " +
    "still remembers.",
  params: v.strictObject({ scope: v.picklist(["children", "all"]), ended: v.optional(v.boolean()) }),
  result: v.strictObject({ processes: v.array(processInfo) }),
});

export const terminate = request("process/terminate", {
  doc:
    "Sends SIGTERM to the process and its descendants. With `graceMs`, those that are alive after it get SIGKILL. " +
    "The answer comes at once; `process/join` waits for the end. If the process has exited, nothing happens. `pid` " +
    "names a process that `process/list` showed, instead of its handle.",
  params: v.strictObject({ process: v.optional(process()), pid: v.optional(count(1)), graceMs: timeoutMs() }),
  result: none(),
  errors: ["BadState"],
});

export const kill = request("process/kill", {
  doc:
    "Sends SIGKILL to the process and its descendants. `pid` names a process that `process/list` showed, instead " +
    "of its handle.",
  params: v.strictObject({ process: v.optional(process()), pid: v.optional(count(1)) }),
  result: none(),
  errors: ["BadState"],
});

export const close = request("process/close", {
  doc: "Forgets a process that has exited. Fails with BadState while it runs.",
  params: params(),
  result: none(),
  errors: ["BadState"],
});

export const write = request("process/write", {
  doc:
    "Writes to the standard input of a command that was started with `stdin` in `streams`. The answer comes when the " +
    "operating system has taken all of `data`, so a client that waits for it is never ahead of the program. Writes " +
    "keep their order. Fails with BrokenPipe if the program has closed its standard input or has ended. A cancelled " +
    "write may still be written.",
  params: v.strictObject({
    process: process(),
    /** Bytes, or a text, which is written as UTF-8. */
    data: payload(),
  }),
  result: none(),
  errors: ["BrokenPipe", "BadState", "NotOwner"],
});

export const read = request("process/read", {
  doc:
    "Reads what a command wrote to a stream that is in its `streams`. Waits until there are bytes, then takes up to " +
    "`maxBytes` of them. The server holds only some hundred KiB that are not read: then the program is blocked in " +
    "its next write. What it had written before its end can be read after it. Fails with Overloaded if processes " +
    "that outlive the program wrote more than 1 MiB after its end: that part is lost.",
  params: v.strictObject({
    process: process(),
    stream: v.picklist(["stdout", "stderr"]),
    /** Most bytes of the answer. Default 1 MiB. */
    maxBytes: v.optional(count(1)),
    timeoutMs: timeoutMs(),
  }),
  result: v.strictObject({
    /** Bytes. */
    data: payload(),
    /** No more bytes follow: the program has closed the stream, or has ended. */
    end: v.boolean(),
  }),
  errors: ["TimedOut", "BadState", "NotOwner", "Overloaded"],
});

export const closeStream = request("process/closeStream", {
  doc:
    "Closes a stream of a command that is in its `streams`. `stdin`: the program reads the end of file after what " +
    "was written. `stdout`, `stderr`: unread bytes are dropped, and the program's next write fails (EPIPE with " +
    "SIGPIPE, or ECONNRESET). If the stream is closed, nothing happens. The end of the session, its `shutdown` and " +
    "the last reference to the process close all its streams.",
  params: v.strictObject({ process: process(), stream: standardStream }),
  result: none(),
  errors: ["BadState", "NotOwner"],
});

export const output = request("process/output", {
  doc:
    "The lines of the process that the server still remembers, from number `fromLine` on. `dropped`: how many " +
    "lines from `fromLine` on the server no longer has.",
  params: v.strictObject({ process: process(), fromLine: v.optional(count()) }),
  result: v.strictObject({ lines: v.array(outputLine), dropped: count() }),
});

export const usageOf = request("process/usage", {
  doc: "CPU and memory of running processes: of those named, or of all. Descendants are added up and listed.",
  params: v.strictObject({ processes: v.optional(v.array(process())) }),
  result: v.strictObject({ usage: v.array(usage) }),
});

export const stack = request("process/stack", {
  doc:
    "Where a running function of Node or Python is, sampled twice. It is not stopped. Fails with BadState if the " +
    "process is a command, does not run, or hides its stack, and if it ends before it has answered. `pid` names a " +
    "process that `process/list` showed, instead of its handle. The answer takes up to 6 seconds if the process is " +
    "blocked outside of its language.",
  params: v.strictObject({ process: v.optional(process()), pid: v.optional(count(1)) }),
  result: stackReading,
  errors: ["BadState"],
});
