import * as v from "valibot";
import { request } from "./message.js";
import { count, early, handle, none, owner, timeoutMs } from "./schema.js";

const lock = () => handle("lock", "rlock");

export const create = request("lock/create", {
  doc: "Makes a lock (`lock:…`) or a recursive lock (`rlock:…`), or takes a reference to the one that has this name.",
  params: v.strictObject({ lock: lock() }),
  result: none(),
});

export const acquire = request("lock/acquire", {
  doc: "Waits, first come first served, until the lock is free, and takes it; a recursive lock is taken again by its owner at once. `acquired` is false when `timeoutMs` passed. `ownerDied` is true once, for the first to get the lock after its holder died: what it protects may be half done.",
  params: v.strictObject({ lock: lock(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ acquired: v.boolean(), ownerDied: v.boolean() }),
});

export const release = request("lock/release", {
  doc: "Releases the lock. A lock may be released by any session, as in Python; a recursive lock only by its owner, as often as it was taken. `early`: the sender goes on without the answer, which may come some 10 ms late, with others.",
  params: v.strictObject({ lock: lock(), owner: owner(), early: early() }),
  result: none(),
  errors: ["BadState", "NotOwner"],
});

export const status = request("lock/status", {
  doc: "Whether the lock is held, by which session, how many times, and how many wait.",
  params: v.strictObject({ lock: lock() }),
  result: v.strictObject({ locked: v.boolean(), holder: v.nullable(v.string()), depth: count(), waiters: count() }),
});
