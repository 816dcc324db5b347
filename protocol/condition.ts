import * as v from "valibot";
import { request } from "./message.js";
import { count, handle, none, owner, timeoutMs } from "./schema.js";

const condition = () => handle("condition");

export const create = request("condition/create", {
  doc:
    "Makes a condition over an existing lock. If a condition of this name exists, takes a reference to it instead; " +
    "fails with BadState if that condition has another lock.",
  params: v.strictObject({ condition: condition(), lock: handle("lock", "rlock") }),
  result: none(),
  errors: ["BadState"],
});

export const wait = request("condition/wait", {
  doc:
    "Releases the lock (all levels of a recursive lock), waits for a notification, and takes the lock again before " +
    "the answer. `notified` is false if `timeoutMs` passed first. Then, too, the lock is taken again, so the answer " +
    "may come later than `timeoutMs`.",
  params: v.strictObject({ condition: condition(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ notified: v.boolean(), ownerDied: v.boolean() }),
  errors: ["NotOwner"],
});

export const notify = request("condition/notify", {
  doc: "Wakes up to `n` waiters (default 1; null: all), first come, first served. The caller must hold the lock.",
  params: v.strictObject({ condition: condition(), owner: owner(), n: v.optional(v.nullable(count())) }),
  result: v.strictObject({ notified: count() }),
  errors: ["NotOwner"],
});

export const status = request("condition/status", {
  doc: "The condition's lock, and the number of waiters.",
  params: v.strictObject({ condition: condition() }),
  result: v.strictObject({ lock: handle("lock", "rlock"), waiters: count() }),
});
