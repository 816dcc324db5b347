import * as v from "valibot";
import { request } from "./message.js";
import { count, handle } from "./schema.js";

/**
 * Why a request waits. `held`: a lock, or all permits, are held. `empty`: nothing to get or receive. `full`: no room
 * to put or send. `notSet`: of an event. `notNotified`: of a condition. `parties`: a barrier's other parties have not
 * arrived. `running`: the process has not exited. `unfinished`: a queue's items, a job, a pool or a run.
 * `backPressure`: the session has as many bytes of tasks in the server as it may have.
 */
export const waitReason = v.picklist([
  "held",
  "empty",
  "full",
  "notSet",
  "notNotified",
  "parties",
  "running",
  "unfinished",
  "backPressure",
]);
export type WaitReason = v.InferOutput<typeof waitReason>;

export const waitParty = v.strictObject({
  session: v.string(),
  /** Null when it is not known. */
  pid: v.nullable(count()),
  /** Name of its process, or of the client. */
  name: v.string(),
  /** When it acquired the object, in milliseconds since 1970. Null if it does not hold it. */
  since: v.nullable(v.number()),
});

/** A request that waits. */
export const waitInfo = v.strictObject({
  session: v.string(),
  owner: v.string(),
  /** The process that waits, if the server started it. */
  process: v.nullable(handle("process")),
  pid: v.nullable(count()),
  /** Name of the process, or of the client, that waits. */
  name: v.string(),
  /** What it waits for. */
  object: v.string(),
  /** What would end the wait. */
  reason: waitReason,
  /** When the wait began, in milliseconds since 1970. */
  since: v.number(),
  /** It has no timeout. */
  endless: v.boolean(),
  /**
   * Of a lock or a semaphore: its holders. Otherwise: the other sessions that can reach the object, of which one may
   * end the wait. At most 8.
   */
  by: v.array(waitParty),
  /** How many more there are. */
  more: count(),
  /** The deadlock that it is part of, or null. */
  deadlock: v.nullable(v.string()),
  /** All of this in one line, for people. */
  text: v.string(),
});
export type WaitInfo = v.InferOutput<typeof waitInfo>;

/** Tasks of a pool that no worker has begun. */
export const queuedInfo = v.strictObject({
  pool: handle("pool"),
  run: v.nullable(handle("run")),
  /** How many tasks. */
  queued: count(),
  /**
   * `limit`: `processes` tasks run. `starting`: its workers are starting. `reader`: the client reads its results too
   * slowly. `hosts`: the hosts of the cluster have not taken them. `soon`: a worker gets them in the next moment.
   */
  reason: v.picklist(["limit", "starting", "reader", "hosts", "soon"]),
  /** How many of them wait behind tasks of a higher priority. */
  behind: count(),
  /** All of this in one line, for people. */
  text: v.string(),
});
export type QueuedInfo = v.InferOutput<typeof queuedInfo>;

export const waits = request("server/waits", {
  doc:
    "Why is it not running? Every request that waits, with what it waits for and who can end the wait; and for every " +
    "pool with queued tasks, why no worker has begun them. A wait that is answered within 50 ms is left out. " +
    "The oldest wait comes first; at most 1000 of them are listed.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({
    /** The requests that wait. */
    waits: v.array(waitInfo),
    /** The pools with queued tasks. */
    queued: v.array(queuedInfo),
  }),
});
