import * as v from "valibot";
import { request } from "./message.js";
import { resourceLimits } from "./resource-limits.js";
import { count, none, payload, timeoutMs } from "./schema.js";

/*
 * The batch queue holds commands that outlive their client, the server and a reboot. One server at a time hosts the
 * queue of a user; its entries are stored in files.
 */

/** Number of an entry, from 1. */
const entry = () => count(1);
const entries = () => v.pipe(v.array(entry()), v.maxLength(10_000));

export const groupName = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, "expected a name of letters, digits, dots, dashes and underscores"),
);

const priority = v.pipe(v.number(), v.safeInteger(), v.minValue(-1_000_000), v.maxValue(1_000_000));
const shellLine = v.pipe(v.string(), v.minLength(1), v.maxLength(64 * 1024));
const words = v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(100_000));
const label = v.pipe(v.string(), v.maxLength(200));
const earlier = v.pipe(v.array(entry()), v.maxLength(1000));

/**
 * `held`: does not start until it is resumed. `queued`: waits for its time, for other entries, or for a place in its
 * group. `paused`: its processes are stopped. `done`: exit code 0. `failed`: another end. `lost`: it ran when the
 * server ended. `skipped`: an entry that it waits for has failed.
 */
export const batchState = v.picklist(["held", "queued", "running", "paused", "done", "failed", "lost", "skipped"]);
export type BatchState = v.InferOutput<typeof batchState>;

/** A command of the batch queue. */
export const batchEntry = v.strictObject({
  /** Its number. Numbers rise, and are not used again. */
  entry: entry(),
  /** Name that the client gave it, or empty. */
  name: v.string(),
  group: v.string(),
  state: batchState,
  /** The program and its arguments. */
  command: v.array(v.string()),
  cwd: v.string(),
  /** In its group, entries with a higher number start first. */
  priority: v.number(),
  /** Entries that must be done before it starts. */
  after: v.array(entry()),
  /** Milliseconds since 1970 before which it does not start; null: none. */
  notBefore: v.nullable(v.number()),
  /** Shell command that runs at its end; null: that of its group. */
  hook: v.nullable(v.string()),
  /** Pid of its process; null while it does not run. */
  pid: v.nullable(count()),
  /** How often it was started. */
  attempt: count(),
  /** 0 … 255, or −N if signal N ended it. Null until it has ended. */
  exitCode: v.nullable(v.number()),
  /** Why it ended, cannot start or has no log, for display; null: nothing to say. */
  reason: v.nullable(v.string()),
  addedAt: v.number(),
  startedAt: v.nullable(v.number()),
  endedAt: v.nullable(v.number()),
});
export type BatchEntryInfo = v.InferOutput<typeof batchEntry>;

/** Entries of a group share its slots. */
export const batchGroup = v.strictObject({
  group: v.string(),
  /** How many of its entries run at a time. */
  slots: count(1),
  /** No entry of the group starts. */
  paused: v.boolean(),
  /** Shell command that runs at the end of each entry without a hook of its own; null: none. */
  hook: v.nullable(v.string()),
});
export type BatchGroupInfo = v.InferOutput<typeof batchGroup>;

const schedule = {
  name: v.optional(label),
  /** Default `default`. */
  group: v.optional(groupName),
  /** Default 0. */
  priority: v.optional(priority),
  /** Numbers of entries that must be done before it starts. Default: none. */
  after: v.optional(earlier),
  /** Milliseconds since 1970 before which it does not start. Default: none. */
  notBefore: v.optional(v.nullable(v.pipe(v.number(), v.finite()))),
  /**
   * Shell command that runs in its folder at its end, with the outcome in its environment. Default: that of its group.
   */
  hook: v.optional(v.nullable(shellLine)),
};

export const add = request("batch/add", {
  doc:
    "Adds a command to the batch queue. The answer comes when the entry is stored: from then on it survives the " +
    "client, the server and a reboot. If it cannot be stored, the request fails with BadState, and nothing was " +
    "added. Fails with Overloaded if the queue is full, and with BadState if this server does not host the queue: " +
    "then `hosted` in the error's `data` is false, and `address` is where the server that does listens, if there is " +
    "one. So do all requests of this area.",
  params: v.strictObject({
    command: words,
    /** Absolute path of its working folder. */
    cwd: v.pipe(v.string(), v.minLength(1)),
    /** Its environment, in addition to the server's. */
    env: v.record(v.string(), v.string()),
    /** Default: the server's. */
    umask: v.optional(v.pipe(count(), v.maxValue(0o777))),
    /** The server ignores a value that is not above its own. Default: the server's. */
    nice: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(-20), v.maxValue(19))),
    /** Its resource limits, as of a command target. Only on Linux. Default: the server's. */
    limits: v.optional(resourceLimits()),
    ...schedule,
    /** It does not start until it is resumed. Default false. */
    held: v.optional(v.boolean()),
  }),
  result: v.strictObject({ entry: batchEntry }),
  errors: ["BadState"],
});

export const list = request("batch/list", {
  doc:
    "Every entry, by number, and every group. `revision` changes with each change. With `since`, the request waits " +
    "until the revision differs from it, at most `timeoutMs`. The server keeps the last 1000 entries that have ended.",
  params: v.strictObject({
    since: v.optional(v.string()),
    timeoutMs: timeoutMs(),
  }),
  result: v.strictObject({
    revision: v.string(),
    entries: v.array(batchEntry),
    groups: v.array(batchGroup),
    /** Folder in which the queue is stored. */
    folder: v.string(),
    /** Faults of its files, such as one that was damaged, for people. */
    notices: v.array(v.string()),
  }),
  errors: ["BadState"],
});

export const pause = request("batch/pause", {
  doc:
    "Stops the processes of these entries, and holds those of them that are queued; or pauses this group, or without " +
    "both all groups: their running entries go on, and no further one starts. Entries that have ended stay as they " +
    "are.",
  params: v.strictObject({ entries: v.optional(entries()), group: v.optional(groupName) }),
  result: none(),
  errors: ["BadState"],
});

export const resume = request("batch/resume", {
  doc: "Undoes `batch/pause`: of these entries, of this group, or without both of all groups. Releases held entries.",
  params: v.strictObject({ entries: v.optional(entries()), group: v.optional(groupName) }),
  result: none(),
  errors: ["BadState"],
});

export const restart = request("batch/restart", {
  doc:
    "Queues entries that have ended again, under their numbers. Their logs begin anew. Fails with BadState if one of " +
    "them has not ended; then nothing changes.",
  params: v.strictObject({ entries: entries() }),
  result: none(),
  errors: ["BadState"],
});

export const edit = request("batch/edit", {
  doc:
    "Changes an entry that does not run. Members that are absent stay as they are. Fails with BadState if it runs, " +
    "or if it would wait for itself.",
  params: v.strictObject({
    entry: entry(),
    command: v.optional(words),
    cwd: v.optional(v.pipe(v.string(), v.minLength(1))),
    ...schedule,
  }),
  result: v.strictObject({ entry: batchEntry }),
  errors: ["BadState"],
});

export const remove = request("batch/remove", {
  doc:
    "Forgets these entries, with their logs. Fails with BadState if one of them runs, or if another entry waits for " +
    "it; then nothing changes.",
  params: v.strictObject({ entries: entries() }),
  result: none(),
  errors: ["BadState"],
});

export const log = request("batch/log", {
  doc:
    "Reads what the entry's last start wrote, both streams together, from byte `from` on. The log keeps the last 8 " +
    "to 16 MiB: `from` in the answer is where `data` begins. At the end of the log, the request waits for more, at " +
    "most `timeoutMs`, while the entry runs. `ended`: no more bytes follow `next`.",
  params: v.strictObject({
    entry: entry(),
    /** Default 0. A negative number counts from the end of the log. */
    from: v.optional(v.pipe(v.number(), v.safeInteger())),
    /** Most bytes of the answer. Default 256 KiB. */
    maxBytes: v.optional(v.pipe(count(1), v.maxValue(4 * 1024 * 1024))),
    timeoutMs: timeoutMs(),
  }),
  result: v.strictObject({
    /** Bytes. */
    data: payload(),
    from: count(),
    next: count(),
    ended: v.boolean(),
  }),
  errors: ["BadState"],
});

export const setGroup = request("batch/setGroup", {
  doc: "Makes a group, or changes the one of this name. Members that are absent stay as they are.",
  params: v.strictObject({
    group: groupName,
    /** Of a new group: default 1. */
    slots: v.optional(v.pipe(count(1), v.maxValue(4096))),
    hook: v.optional(v.nullable(shellLine)),
  }),
  result: v.strictObject({ group: batchGroup }),
  errors: ["BadState"],
});

export const removeGroup = request("batch/removeGroup", {
  doc: "Removes a group. Fails with BadState if it has entries, or is `default`.",
  params: v.strictObject({ group: groupName }),
  result: none(),
  errors: ["BadState"],
});
