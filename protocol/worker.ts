import * as v from "valibot";
import { notification, request } from "./message.js";
import { failure, mode } from "./job.js";
import { clientCapabilities, welcome } from "./lifecycle.js";
import { count, handle, payload } from "./schema.js";
import { progress } from "./progress.js";
import { stackSource } from "./stack.js";
import { moduleTarget, sourceTarget } from "./target.js";

/**
 * A worker host is a process that runs functions. It uses length-prefixed msgpack on file descriptor 3. It sends
 * `worker/ready`, then runs the tasks of `worker/run`, one after the other. On the same connection it may send every
 * client request.
 */
export const ready = request("worker/ready", {
  doc:
    "The host's first message, in place of `initialize`. A host that does not send it within 300 seconds of its " +
    "start is ended. `workerChannels`: the host reads its tasks from its task channel, which may hold tasks ahead of " +
    "need, and may write messages into its report channel (see [Worker channels](#worker-channels)).",
  direction: "workerToServer",
  params: v.strictObject({
    protocolVersion: v.string(),
    runtime: v.string(),
    pid: count(1),
    workerChannels: v.optional(v.boolean()),
    /** How the server reads its stack (see `process/stack`). Default: it cannot. */
    stacks: v.optional(stackSource),
    /** What the host can do, besides `workerChannels`. Default: none of it. */
    capabilities: v.optional(clientCapabilities),
  }),
  result: v.strictObject(welcome()),
  errors: ["BadState"],
});

/** What `currentProcess()` and `parentProcess()` return in the host, from its first task on. */
export const identity = v.strictObject({
  process: handle("process"),
  name: v.string(),
  daemon: v.boolean(),
  parentPid: count(),
  parentName: v.string(),
});
export type Identity = v.InferOutput<typeof identity>;

export const task = v.strictObject({
  /** Number of the task: one more than that of the previous task of this host. */
  seq: count(),
  /** Refers to `targets` of this or an earlier `run`. */
  target: count(),
  mode,
  items: payload(),
  count: count(1),
  /** First item to run; items before it are done. Default 0. */
  from: v.optional(count()),
  /** First item not to run. Default `count`. */
  to: v.optional(count()),
  /** The host reports each item with `worker/part` before it begins the next one. Default false. */
  exact: v.optional(v.boolean()),
  /** The job to which its output belongs. Absent for the function of a Process. */
  job: v.optional(handle("job")),
  index: v.optional(count()),
});
export type WorkerTask = v.InferOutput<typeof task>;

export const hostTarget = v.union([moduleTarget, sourceTarget]);

export const run = notification("worker/run", {
  doc:
    "Tasks, to be run in order. `identity` comes with the first of them. With `once` the host is a Process: it " +
    "runs the one task, waits for its own non-daemonic children, and exits with 0, or with 1 if the function threw.",
  direction: "serverToWorker",
  params: v.strictObject({
    identity: v.optional(identity),
    targets: v.optional(v.array(v.strictObject({ id: count(), target: hostTarget }))),
    /** Runs before the first task. `args` holds `[args, kwargs]`. Default: none. */
    initializer: v.optional(v.strictObject({ target: hostTarget, args: v.optional(payload()) })),
    once: v.optional(v.boolean()),
    tasks: v.array(task),
  }),
});

/**
 * How long these items ran by the host's clock, in milliseconds. Absent: the server measures, with the transfer time.
 */
const ranMs = () => v.optional(v.pipe(v.number(), v.minValue(0), v.finite()));

/** The outcome of `count` items of task `seq`. */
const outcome = () => ({
  seq: count(),
  from: count(),
  count: count(),
  values: v.optional(payload()),
  error: v.optional(failure),
});

export const part = notification("worker/part", {
  doc:
    "Of a task with several items: the outcomes of `count` items; item `next` begins. A host sends it now and " +
    "then, or after each item of an `exact` task, so that the server knows most outcomes when the host dies. With " +
    "`count` 0 no further item is done: the host has loaded the target, and the task's time limit counts from now.",
  direction: "workerToServer",
  params: v.strictObject({
    ...outcome(),
    next: count(),
    ms: ranMs(),
  }),
});

export const wrote = notification("worker/wrote", {
  doc:
    "The host has written messages into its report channel before the next message of this connection (see " +
    "[Worker channels](#worker-channels)).",
  direction: "workerToServer",
  params: v.strictObject({
    /** How many it has written there since its start. */
    reports: count(),
  }),
});

export const result = notification("worker/result", {
  doc:
    "The task is done. `count` items from `from` on have this outcome; `count` is 0 if `worker/part` has reported " +
    "every item. The host goes on with its next task.",
  direction: "workerToServer",
  params: v.strictObject({ ...outcome(), ms: ranMs() }),
});

export const initialized = notification("worker/initialized", {
  doc: "The initializer ran, or failed with `error`.",
  direction: "workerToServer",
  params: v.strictObject({ error: v.optional(failure) }),
});

export const output = notification("worker/output", {
  doc:
    "What the target wrote to its standard streams, where the host can intercept it. It belongs to the running " +
    "task. Output that bypasses the host is read from the process's own pipes.",
  direction: "workerToServer",
  params: v.strictObject({ stream: v.picklist(["stdout", "stderr"]), data: v.instance(Uint8Array) }),
});

export const report = notification("worker/progress", {
  doc:
    "What the running task says of its progress: of item `item`, counted within the task. Each report replaces the " +
    "one before; without fraction and text it takes that back. It is shown to people, and changes nothing else. A " +
    "host should send at most some ten in a second. The server shows at most ten, always with the last one, and " +
    "ignores a report on an item that it takes for done. The function of a Process reports on its task 0, item 0.",
  direction: "workerToServer",
  params: v.strictObject({ seq: count(), item: count(), ...progress.entries }),
});

export const hidesStack = notification("worker/hidesStack", {
  doc: "From now on the server does not ask this host for its stack, because the program uses the signal itself.",
  direction: "workerToServer",
  params: v.strictObject({
    /** Why, for the error of `process/stack`. */
    reason: v.string(),
  }),
});

export const cancel = notification("worker/cancel", {
  doc:
    "Asks the host to stop a task: its AbortSignal fires. The outcome follows as usual. `from` is the first item " +
    "whose outcome the server does not know. A time limit is the limit of that item: a host that is beyond it has " +
    "nothing to stop. A host that cannot stop a task may ignore the message; the server kills it when the grace is " +
    "over.",
  direction: "serverToWorker",
  params: v.strictObject({ seq: count(), reason: v.picklist(["Cancelled", "TimedOut"]), from: v.optional(count()) }),
});

export const exit = notification("worker/exit", {
  doc: "The host gets no more tasks. It exits with code 0 once it has nothing to do.",
  direction: "serverToWorker",
  params: v.optional(v.strictObject({})),
});
