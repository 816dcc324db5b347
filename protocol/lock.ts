import * as v from "valibot";
import { request } from "./message.js";
import { clusterAddress } from "./cluster-address.js";
import { cast, count, handle, none, owner, timeoutMs } from "./schema.js";

const lock = () => handle("lock", "rlock");

export const create = request("lock/create", {
  doc:
    "Makes a lock (`lock:…`) or a recursive lock (`rlock:…`). If a lock of this name exists, takes a reference to " +
    "it instead. With `cluster`, the lock is shared by its name over all hosts of a cluster. Its holder keeps it by " +
    "a lease, which the server renews. A holder whose lease cannot be renewed is ended before another host gets the " +
    "lock: a process of the server is killed, a client's session ends.",
  params: v.strictObject({
    lock: lock(),
    /** Address of the cluster's Redis. Only for a lock with a name. Absent: the lock is of this server. */
    cluster: v.optional(clusterAddress()),
  }),
  result: none(),
  errors: ["BadState"],
});

export const acquire = request("lock/acquire", {
  doc:
    "Waits until the lock is free, first come, first served, and takes it. The lock must exist: a client that uses " +
    "it by name sends `lock/create` first, which keeps a reference to it. The owner of a recursive lock takes it " +
    "again at once, at most 65,536 times in all. `acquired` is false if `timeoutMs` passed first. `ownerDied` is " +
    "true once, for the first holder after one that died: what the lock protects may be half changed.",
  params: v.strictObject({ lock: lock(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({
    acquired: v.boolean(),
    ownerDied: v.boolean(),
    /**
     * Only of a cluster's lock that was acquired: a number that rises with each holder. A store that refuses a lower
     * number than it has seen is safe from holders whose lease has ended. Absent: it is no cluster's, or not acquired.
     */
    fence: v.optional(count()),
    /**
     * The number of its cell: the session may take and release this lock by its word from now on. Absent: it may not,
     * because it has not sent `lock/attach`, has not acquired the lock, or the lock has no word.
     */
    cell: v.optional(count()),
  }),
  errors: ["BadState", "ClusterUnavailable"],
});

export const release = request("lock/release", {
  doc:
    "Releases the lock. Any session may release a lock, as in Python. A recursive lock is released only by its " +
    "owner, as often as it was taken; a cluster's lock only by the session that holds it. " +
    "`cast`: the sender does not wait for the answer, which the server may send " +
    "some 10 ms later, together with others.",
  params: v.strictObject({ lock: lock(), owner: owner(), cast: cast() }),
  result: none(),
  errors: ["BadState", "NotOwner", "ClusterUnavailable"],
});

export const status = request("lock/status", {
  doc:
    "Whether the lock is held, by which session, how many times, and the number of waiters. " +
    "The holder of a cluster's lock is shown as `HOST:PID`.",
  params: v.strictObject({ lock: lock() }),
  result: v.strictObject({ locked: v.boolean(), holder: v.nullable(v.string()), depth: count(), waiters: count() }),
  errors: ["ClusterUnavailable"],
});

export const attach = request("lock/attach", {
  doc:
    "Asks for the page with the words of locks, by which the session takes and releases a free lock without a " +
    "message. Null: this server has none, so locks are taken by messages alone.",
  params: v.strictObject({}),
  result: v.strictObject({
    words: v.nullable(
      v.strictObject({
        /** Path of the file, to be mapped for reading and writing. */
        path: v.string(),
        /** `DEVICE:INODE` of the file: the session compares it before it maps the file. */
        inode: v.string(),
        /** The session's number, which words name it by. */
        number: count(),
      }),
    ),
  }),
});
