import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, owner, timeoutMs } from "./schema.js";

const condition = () => handle("condition");

export const create = request("condition/create", {
  doc: "Makes a condition over an existing lock. Fails with BadState when the condition of this name has another lock.",
  params: v.strictObject({ condition: condition(), lock: handle("lock", "rlock") }),
  result: none(),
  errors: ["BadState"],
});

export const wait = request("condition/wait", {
  doc: "Gives up the lock (however often it was taken), waits to be notified, and takes the lock back before the answer. `notified` is false when `timeoutMs` passed first; the lock is held again all the same, so the answer may come later than `timeoutMs`.",
  params: v.strictObject({ condition: condition(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ notified: v.boolean(), ownerDied: v.boolean() }),
  errors: ["NotOwner"],
});

export const notify = request("condition/notify", {
  doc: "Wakes up to `n` of those who wait (default 1; null: all), first come first served. The caller must hold the lock.",
  params: v.strictObject({ condition: condition(), owner: owner(), n: v.optional(v.nullable(count())) }),
  result: v.strictObject({ notified: count() }),
  errors: ["NotOwner"],
});

export const status = request("condition/status", {
  doc: "The condition's lock, and how many wait to be notified.",
  params: v.strictObject({ condition: condition() }),
  result: v.strictObject({ lock: handle("lock", "rlock"), waiters: count() }),
});
