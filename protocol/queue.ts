import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";

const queue = () => handle("queue");
const params = () => v.strictObject({ queue: queue() });

/** A counter of the session's tally, and how far it has been counted. */
const counter = v.strictObject({
  slot: count(),
  /** What the counter's memory says now. It never becomes smaller. */
  count: count(),
});

export const create = request("queue/create", {
  doc: "Makes a first-in-first-out queue, or takes a reference to the one that has this name. `maxSize` 0: no limit on the number of items; the server's limit on bytes holds all the same.",
  params: v.strictObject({ queue: queue(), maxSize: v.optional(count()), joinable: v.optional(v.boolean()) }),
  result: none(),
});

export const put = request("queue/put", {
  doc: "Stores the items in their order, waiting for room. The answer means that all are stored and can no longer be lost by the producer's end. On expiry it fails with Full, and `data.stored` says how many went in.",
  params: v.strictObject({ queue: queue(), items: v.pipe(v.array(payload()), v.minLength(1)), timeoutMs: timeoutMs() }),
  result: none(),
  errors: ["Full", "Closed", "Overloaded"],
});

export const get = request("queue/get", {
  doc: "Waits for an item, then takes up to `max` (default 1) that are there. Fails with Empty on expiry. With `counter` the items are lent, 256 at most: the session counts, in its tally, each one that it hands to its program, and whatever it has not counted when it ends goes back to the front of the queue, in order. A request for a counter settles what was lent by it before.",
  params: v.strictObject({ queue: queue(), max: v.optional(count(1)), timeoutMs: timeoutMs(), counter: v.optional(counter) }),
  result: v.strictObject({
    items: v.array(payload()),
    /** To a session with `blobs: "own"`, when an item is foreign: for each item, where it came from, or null. */
    origins: v.optional(v.array(v.nullable(v.string()))),
  }),
  errors: ["Empty", "Closed", "BadState"],
});

export const tally = request("queue/tally", {
  doc: "Asks for counters that outlive this process: memory that it shares with the server. Null when this server has none, or this session has got all that there are.",
  params: v.optional(v.strictObject({})),
  result: v.strictObject({
    tally: v.nullable(v.strictObject({
      /** Of a file, to be opened for reading and writing. Whoever cannot open it (from another machine, as another user) takes items one at a time. */
      path: v.string(),
      /** The file begins with these characters; one that does not is another file, in which nothing may be written. */
      mark: v.string(),
      /** The counters that are now the session's: `slots` of them, from `first` on. Each is 0, an unsigned integer of 64 bits in the machine's byte order, at byte 32 + 8 × its slot. */
      first: count(),
      slots: count(1),
    })),
  }),
});

export const settle = request("queue/settle", {
  doc: "Ends what was lent by these counters: items beyond what was counted go back to the front of their queue, those of several counters in the order in which they were lent. The items that were counted count as taken. A counter by which nothing is lent is ignored.",
  params: v.strictObject({ counters: v.pipe(v.array(counter), v.minLength(1)) }),
  result: none(),
  errors: ["BadState"],
});

export const putBack = request("queue/putBack", {
  doc: "Returns items that this session took and did not use (not those that are lent, see `queue/settle`): they come before all others, in this order, whether or not there is room. They count as never taken. Fails with BadState when that is more than the session took.",
  params: v.strictObject({
    queue: queue(),
    items: v.pipe(v.array(payload()), v.minLength(1)),
    /** As they came with the items. What is named here stays foreign to every session. */
    origins: v.optional(v.array(v.nullable(v.string()))),
  }),
  result: none(),
  errors: ["BadState"],
});

export const close = request("queue/close", {
  doc: "This session will put and get no more; its later requests fail with Closed. What it has put stays.",
  params: params(),
  result: none(),
});

export const taskDone = request("queue/taskDone", {
  doc: "Of a joinable queue: `n` of the items taken are dealt with. Fails with BadState when that is more than were put.",
  params: v.strictObject({ queue: queue(), n: v.optional(count(1)) }),
  result: none(),
  errors: ["BadState"],
});

export const join = request("queue/join", {
  doc: "Of a joinable queue: waits until every item put was dealt with.",
  params: v.strictObject({ queue: queue(), timeoutMs: timeoutMs() }),
  result: none(),
  errors: ["TimedOut", "BadState"],
});

export const status = request("queue/status", {
  doc: "Exact at the moment it is answered. `maxSize` 0: no limit.",
  params: params(),
  result: v.strictObject({ size: count(), maxSize: count(), unfinished: count(), putters: count(), getters: count(), full: v.boolean(), empty: v.boolean() }),
});
