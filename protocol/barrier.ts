import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, timeoutMs } from "./schema.js";

const barrier = () => handle("barrier");
const params = () => v.strictObject({ barrier: barrier() });

export const create = request("barrier/create", {
  doc: "Makes a barrier for `parties`, or takes a reference to the one that has this name. `timeoutMs` is the default for `barrier/wait`. With `hasAction`, one party of each round is told to run the action before the others go on.",
  params: v.strictObject({ barrier: barrier(), parties: count(1), hasAction: v.optional(v.boolean()), timeoutMs: timeoutMs() }),
  result: none(),
});

export const wait = request("barrier/wait", {
  doc: "Waits until `parties` sessions wait. `index` is 0 … parties-1, each once a round. The party that gets `runAction` runs the action and answers with `barrier/actionDone`; the others wait for that. A time-out, a cancelled wait, a party's death or `abort` breaks the barrier for all.",
  params: v.strictObject({ barrier: barrier(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ index: count(), runAction: v.boolean() }),
  errors: ["BrokenBarrier"],
});

export const actionDone = request("barrier/actionDone", {
  doc: "The action has run: lets the round's parties go (`ok`), or breaks the barrier.",
  params: v.strictObject({ barrier: barrier(), ok: v.boolean() }),
  result: none(),
  errors: ["BadState"],
});

export const reset = request("barrier/reset", {
  doc: "Back to the empty state; whoever waits gets BrokenBarrier.",
  params: params(),
  result: none(),
});

export const abort = request("barrier/abort", {
  doc: "Breaks the barrier: whoever waits or comes later gets BrokenBarrier, until `reset`.",
  params: params(),
  result: none(),
});

export const status = request("barrier/status", {
  doc: "Parties, how many wait, and whether the barrier is broken.",
  params: params(),
  result: v.strictObject({ parties: count(1), waiting: count(), broken: v.boolean() }),
});
