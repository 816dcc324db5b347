import * as v from "valibot";
import { clusterAddress } from "./cluster-address.js";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";

const queue = () => handle("queue");
const params = () => v.strictObject({ queue: queue() });

/** A counter of the session's tally, and its value. */
const counter = v.strictObject({
  slot: count(),
  /** The value in the counter's memory now. It never decreases. */
  count: count(),
});

export const create = request("queue/create", {
  doc:
    "Makes a first-in-first-out queue. If a queue of this name exists, takes a reference to it instead. `maxSize` " +
    "0: the number of items is not limited, but the server's limit on bytes still holds. With `cluster`, the queue " +
    "is shared by its name over all hosts of a cluster, and its items stay in the cluster's store until they are " +
    "taken. Such a queue is not joinable, its items hold no objects of a server, and `maxSize` is that of its first " +
    "user while it is empty.",
  params: v.strictObject({
    queue: queue(),
    maxSize: v.optional(count()),
    joinable: v.optional(v.boolean()),
    /** Address of the cluster's Redis. Only for a queue with a name. Absent: the queue is of this server. */
    cluster: v.optional(clusterAddress()),
  }),
  result: none(),
  errors: ["BadState"],
});

export const put = request("queue/put", {
  doc:
    "Stores the items in order. Waits while the queue is full. After the answer all items are stored: the " +
    "producer's end cannot lose them any more. If `timeoutMs` passes first, it fails with Full. `data.stored` of " +
    "Full, of Overloaded and of a cancelled put is the number of items that were stored.",
  params: v.strictObject({ queue: queue(), items: v.pipe(v.array(payload()), v.minLength(1)), timeoutMs: timeoutMs() }),
  result: none(),
  errors: ["Full", "Closed", "Overloaded", "BadState", "ClusterUnavailable"],
});

export const get = request("queue/get", {
  doc:
    "Waits for an item, then takes up to `max` (default 1) of those that are there. Fails with Empty if " +
    "`timeoutMs` passes first. With `counter` the items are lent, at most 256 of them (see [Items on " +
    "loan](#items-on-loan)). The request first settles what this counter had borrowed.",
  params: v.strictObject({
    queue: queue(),
    max: v.optional(count(1)),
    timeoutMs: timeoutMs(),
    counter: v.optional(counter),
  }),
  result: v.strictObject({
    items: v.array(payload()),
    /**
     * For a session with `blobs: "own"`, if an item is foreign: the origin of each item, null for its own. Otherwise
     * absent.
     */
    origins: v.optional(v.array(v.nullable(v.string()))),
  }),
  errors: ["Empty", "Closed", "BadState", "ClusterUnavailable", "NotTrusted"],
});

export const tally = request("queue/tally", {
  doc:
    "Asks for counters in memory that the session shares with the server. The server can read them after the " +
    "session's death (see [Items on loan](#items-on-loan)). Null if this server has no such memory, or if this " +
    "session has all the counters that it can have.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({
    tally: v.nullable(
      v.strictObject({
        /** Path of the file with the counters, to be opened for reading and writing. */
        path: v.string(),
        /**
         * The file begins with these characters. A file that does not is another file: nothing may be written into it.
         */
        mark: v.string(),
        /** The counters that the session now has: `slots` of them, from slot `first` on. Each of them is 0. */
        first: count(),
        slots: count(1),
      }),
    ),
  }),
});

export const settle = request("queue/settle", {
  doc:
    "Settles the loans of these counters. Counted items are taken. The other items go back to the front of their " +
    "queue; items of several counters go back in the order in which they were lent. A counter without a loan is " +
    "ignored.",
  params: v.strictObject({ counters: v.pipe(v.array(counter), v.minLength(1)) }),
  result: none(),
  errors: ["BadState"],
});

export const putBack = request("queue/putBack", {
  doc:
    "Returns items that this session took and did not use. They come before all other items, in this order, even " +
    "if the queue is full, and count as never taken. Items on loan are returned by `queue/settle`, not by this " +
    "request. Fails with BadState if the session returns more items than it took.",
  params: v.strictObject({
    queue: queue(),
    items: v.pipe(v.array(payload()), v.minLength(1)),
    /**
     * As they came with the items. An item with an origin stays foreign to every session. Default: the session's own.
     */
    origins: v.optional(v.array(v.nullable(v.string()))),
  }),
  result: none(),
  errors: ["BadState", "ClusterUnavailable"],
});

export const close = request("queue/close", {
  doc:
    "The session stops using the queue: its later `queue/put` and `queue/get` fail with Closed. Items that it put " +
    "stay.",
  params: params(),
  result: none(),
});

export const taskDone = request("queue/taskDone", {
  doc:
    "Of a joinable queue: `n` (default 1) of the items that were taken have been processed. Fails with BadState if " +
    "more items are reported than were put.",
  params: v.strictObject({ queue: queue(), n: v.optional(count(1)) }),
  result: none(),
  errors: ["BadState"],
});

export const join = request("queue/join", {
  doc: "Of a joinable queue: waits until every item that was put has been reported by `queue/taskDone`.",
  params: v.strictObject({ queue: queue(), timeoutMs: timeoutMs() }),
  result: none(),
  errors: ["TimedOut", "BadState"],
});

export const status = request("queue/status", {
  doc:
    "The queue's numbers at the moment of the answer. `maxSize` 0: no limit. Of a cluster's queue, `putters` and " +
    "`getters` are the numbers of servers with such requests.",
  params: params(),
  result: v.strictObject({
    size: count(),
    maxSize: count(),
    unfinished: count(),
    putters: count(),
    getters: count(),
    full: v.boolean(),
    empty: v.boolean(),
  }),
  errors: ["ClusterUnavailable"],
});
