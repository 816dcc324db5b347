import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, timeoutMs } from "./schema.js";

const barrier = () => handle("barrier");
const params = () => v.strictObject({ barrier: barrier() });

export const create = request("barrier/create", {
  doc:
    "Makes a barrier for `parties` parties. If a barrier of this name exists, takes a reference to it instead. " +
    "`timeoutMs` is the default for `barrier/wait`. With `hasAction`, the server tells one party of each round to " +
    "run the action before the others go on.",
  params: v.strictObject({
    barrier: barrier(),
    parties: count(1),
    hasAction: v.optional(v.boolean()),
    timeoutMs: timeoutMs(),
  }),
  result: none(),
});

export const wait = request("barrier/wait", {
  doc:
    "Waits until `parties` parties wait. `index` is 0 … parties-1; each index occurs once in a round. The party " +
    "whose answer has `runAction` true runs the action and sends `barrier/actionDone`; the other parties wait until " +
    "then. The barrier breaks for all parties if one of them times out, is cancelled or dies, or if a session sends " +
    "`barrier/abort`.",
  params: v.strictObject({ barrier: barrier(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ index: count(), runAction: v.boolean() }),
  errors: ["BrokenBarrier"],
});

export const actionDone = request("barrier/actionDone", {
  doc:
    "The party that ran the action reports it. With `ok` true the round's parties go on; otherwise the barrier " +
    "breaks.",
  params: v.strictObject({ barrier: barrier(), ok: v.boolean() }),
  result: none(),
  errors: ["BadState"],
});

export const reset = request("barrier/reset", {
  doc: "Returns the barrier to its empty state. Parties that wait get BrokenBarrier.",
  params: params(),
  result: none(),
});

export const abort = request("barrier/abort", {
  doc: "Breaks the barrier. Parties that wait now or come later get BrokenBarrier, until `barrier/reset`.",
  params: params(),
  result: none(),
});

export const status = request("barrier/status", {
  doc: "The number of parties, the number of waiting parties, and whether the barrier is broken.",
  params: params(),
  result: v.strictObject({ parties: count(1), waiting: count(), broken: v.boolean() }),
});
