import * as v from "valibot";
import { notification, request } from "./message.js";
import { failure, mode } from "./job.js";
import { limits } from "./lifecycle.js";
import { count, handle, payload } from "./schema.js";
import { moduleTarget, sourceTarget } from "./target.js";

/**
 * A worker host is a process that runs functions. It speaks length-prefixed msgpack on file descriptor 3, sends `ready`,
 * then runs what `run` brings, one after the other. On the same connection it may use every client request.
 */
export const ready = request("worker/ready", {
  doc: "The host's first message. It takes the place of `initialize`. A host that does not send it within 300 seconds of its start is ended. A host that says `claims` takes tasks ahead of need: before it starts a task it reads one byte from file descriptor 4 without blocking, which is the low byte of the task's `seq`: of the newest task in its list with that byte (and less than 128 below the newest `seq` there), since those that were taken back may still stand there. Tasks before that one in its own list were taken back, and are dropped unrun; no byte: everything in its list was. A host that says `aside` may write messages to file descriptor 5 instead of sending them, which costs less and wakes nobody, within one millisecond after it has sent something. Each is one write: the number of bytes that it has sent on the connection before (8 bytes, big-endian), then the frame, 4096 bytes at most in all. The server reads them, in their order among the others, when it next hears from the host, and two milliseconds after it has last heard from it. When the pipe is full, or the write ended later than that millisecond, or before the host waits for anything, it sends something: `worker/wrote` when there is nothing else.",
  direction: "workerToServer",
  params: v.strictObject({
    protocolVersion: v.string(),
    runtime: v.string(),
    pid: count(1),
    claims: v.optional(v.boolean()),
    aside: v.optional(v.boolean()),
    /** Largest message that the host reads in fragments, in bytes. Absent: it reads no fragments. */
    maxPayloadBytes: v.optional(count(1)),
  }),
  result: v.strictObject({ instanceId: v.string(), session: v.string(), limits, cpuCount: count(1), runtimes: v.array(v.string()) }),
  errors: ["BadState"],
});

/** Who the host is, from its first task on: what `currentProcess()` says. */
export const identity = v.strictObject({
  process: handle("process"),
  name: v.string(),
  daemon: v.boolean(),
  parentPid: count(),
  parentName: v.string(),
});

export const task = v.strictObject({
  /** Rises by one with each task that this host is given. */
  seq: count(),
  /** Refers to `targets` of this or an earlier `run`. */
  target: count(),
  mode,
  items: payload(),
  count: count(1),
  /** First item to run; the ones before are done. Default 0. */
  from: v.optional(count()),
  /** First item not to run. Default `count`. */
  to: v.optional(count()),
  /** Report each item's start and end (`worker/part`) before the next begins, not now and then. */
  exact: v.optional(v.boolean()),
  /** What its output belongs to; absent for a process's own function. */
  job: v.optional(handle("job")),
  index: v.optional(count()),
});
export type WorkerTask = v.InferOutput<typeof task>;

export const hostTarget = v.union([moduleTarget, sourceTarget]);

export const run = notification("worker/run", {
  doc: "Tasks, to be run in their order. `identity` comes with the first. With `once` the host is a Process: it runs the one task, waits for its own non-daemonic children, and exits with 0, or with 1 when the function threw.",
  direction: "serverToWorker",
  params: v.strictObject({
    identity: v.optional(identity),
    targets: v.optional(v.array(v.strictObject({ id: count(), target: hostTarget }))),
    /** Runs before the first task, with `[args, kwargs]` in `args`. */
    initializer: v.optional(v.strictObject({ target: hostTarget, args: v.optional(payload()) })),
    once: v.optional(v.boolean()),
    tasks: v.array(task),
  }),
});

/** How long these items ran by the host's clock, in milliseconds. Absent: the server measures, the way to the host included. */
const ranMs = () => v.optional(v.pipe(v.number(), v.minValue(0), v.finite()));

export const part = notification("worker/part", {
  doc: "Of a task with several items: these are done, and item `next` begins. Sent now and then, or for each item of an `exact` task, so that little is unknown when the host dies. With `count` 0 nothing is done yet: a target that had to be loaded first has been, and from now on the task's time counts.",
  direction: "workerToServer",
  params: v.strictObject({ seq: count(), from: count(), count: count(), values: v.optional(payload()), error: v.optional(failure), next: count(), ms: ranMs() }),
});

export const wrote = notification("worker/wrote", {
  doc: "There are messages in the host's aside pipe (see `worker/ready`).",
  direction: "workerToServer",
  params: v.strictObject({}),
});

export const result = notification("worker/result", {
  doc: "The task is done: the outcome of its items from `from` on (0 of them when parts have told everything). The host goes on with its next task.",
  direction: "workerToServer",
  params: v.strictObject({ seq: count(), from: count(), count: count(), values: v.optional(payload()), error: v.optional(failure), ms: ranMs() }),
});

export const initialized = notification("worker/initialized", {
  doc: "The initializer ran, or failed with `error`.",
  direction: "workerToServer",
  params: v.strictObject({ error: v.optional(failure) }),
});

export const output = notification("worker/output", {
  doc: "What the target wrote to its standard streams, when the host can tell; what bypasses the host is read from the process's own pipes. It belongs to the task that runs.",
  direction: "workerToServer",
  params: v.strictObject({ stream: v.picklist(["stdout", "stderr"]), data: v.instance(Uint8Array) }),
});

export const cancel = notification("worker/cancel", {
  doc: "Asks the host to stop a task: its AbortSignal fires. The outcome comes as ever. `from` is the first item whose outcome the server does not know: a time limit is that item's, and a host that is beyond it has nothing to stop. A host that cannot do that may ignore it: it is killed when the grace is over.",
  direction: "serverToWorker",
  params: v.strictObject({ seq: count(), reason: v.picklist(["Cancelled", "TimedOut"]), from: v.optional(count()) }),
});

export const exit = notification("worker/exit", {
  doc: "No more tasks: the host ends by itself, with exit code 0, once it has nothing to do.",
  direction: "serverToWorker",
  params: v.optional(v.strictObject({})),
});

