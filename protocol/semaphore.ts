import * as v from "valibot";
import { request } from "./message.js";
import { count, early, handle, none, owner, timeoutMs } from "./schema.js";

const semaphore = () => handle("semaphore");

export const create = request("semaphore/create", {
  doc: "Makes a semaphore with `value` permits, or takes a reference to the one that has this name (its value stays as it is). A bounded one cannot be released above its initial value.",
  params: v.strictObject({ semaphore: semaphore(), value: v.optional(count()), bounded: v.optional(v.boolean()) }),
  result: none(),
});

export const acquire = request("semaphore/acquire", {
  doc: "Waits, first come first served, for a permit. `acquired` is false when `timeoutMs` passed. The permits of a session that died are given back, and the next to get one is told `ownerDied`, as long as every release came from a holder; a semaphore that others release is a signal, and keeps what was consumed.",
  params: v.strictObject({ semaphore: semaphore(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ acquired: v.boolean(), ownerDied: v.boolean() }),
});

export const release = request("semaphore/release", {
  doc: "Gives back `n` permits (default 1). `early`: the sender goes on without the answer, which may come some 10 ms late, with others.",
  params: v.strictObject({ semaphore: semaphore(), owner: owner(), n: v.optional(count(1)), early: early() }),
  result: none(),
  errors: ["BadState"],
});

export const status = request("semaphore/status", {
  doc: "Permits that are free now, and how many wait.",
  params: v.strictObject({ semaphore: semaphore() }),
  result: v.strictObject({ value: count(), waiters: count(), holders: v.array(v.string()) }),
});
