import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, payload, timeoutMs } from "./schema.js";

const queue = () => handle("queue");
const params = () => v.strictObject({ queue: queue() });

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
  doc: "Waits for an item, then takes up to `max` (default 1) that are there. Fails with Empty on expiry.",
  params: v.strictObject({ queue: queue(), max: v.optional(count(1)), timeoutMs: timeoutMs() }),
  result: v.strictObject({ items: v.array(payload()) }),
  errors: ["Empty", "Closed"],
});

export const putBack = request("queue/putBack", {
  doc: "Returns items that this session took and did not use: they come before all others, in this order, whether or not there is room. They count as never taken. Fails with BadState when that is more than the session took.",
  params: v.strictObject({ queue: queue(), items: v.pipe(v.array(payload()), v.minLength(1)) }),
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
