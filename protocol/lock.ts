import * as v from "valibot";
import { request } from "./message.js";
import { cast, count, handle, none, owner, timeoutMs } from "./schema.js";

const lock = () => handle("lock", "rlock");

export const create = request("lock/create", {
  doc:
    "Makes a lock (`lock:…`) or a recursive lock (`rlock:…`). If a lock of this name exists, takes a reference to " +
    "it instead.",
  params: v.strictObject({ lock: lock() }),
  result: none(),
});

export const acquire = request("lock/acquire", {
  doc:
    "Waits until the lock is free, first come, first served, and takes it. The lock must exist: a client that uses " +
    "it by name sends `lock/create` first, which keeps a reference to it. The owner of a recursive lock takes it " +
    "again at once. `acquired` is false if `timeoutMs` passed first. `ownerDied` is true once, for the first holder " +
    "after one that died: what the lock protects may be half changed.",
  params: v.strictObject({ lock: lock(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({ acquired: v.boolean(), ownerDied: v.boolean() }),
});

export const release = request("lock/release", {
  doc:
    "Releases the lock. Any session may release a lock, as in Python. A recursive lock is released only by its " +
    "owner, as often as it was taken. `cast`: the sender does not wait for the answer, which the server may send " +
    "some 10 ms later, together with others.",
  params: v.strictObject({ lock: lock(), owner: owner(), cast: cast() }),
  result: none(),
  errors: ["BadState", "NotOwner"],
});

export const status = request("lock/status", {
  doc: "Whether the lock is held, by which session, how many times, and the number of waiters.",
  params: v.strictObject({ lock: lock() }),
  result: v.strictObject({ locked: v.boolean(), holder: v.nullable(v.string()), depth: count(), waiters: count() }),
});
