import * as v from "valibot";
import { request } from "./message.js";
import { clusterAddress } from "./cluster-address.js";
import { cast, count, handle, none, owner, timeoutMs } from "./schema.js";

const semaphore = () => handle("semaphore");

export const create = request("semaphore/create", {
  doc:
    "Makes a semaphore with `value` permits. If a semaphore of this name exists, takes a reference to it instead; " +
    "its value stays as it is. A bounded semaphore cannot be released above its initial value. " +
    "With `cluster`, the semaphore is shared by its name over all hosts of a cluster, and bounded. Permits are kept " +
    "by leases, as the lock of a cluster is. Its value is that of the first session that used it while it was not in " +
    "use.",
  params: v.strictObject({
    semaphore: semaphore(),
    value: v.optional(count()),
    bounded: v.optional(v.boolean()),
    /** Address of the cluster's Redis. Only for a semaphore with a name. Absent: the semaphore is of this server. */
    cluster: v.optional(clusterAddress()),
  }),
  result: none(),
  errors: ["BadState"],
});

export const acquire = request("semaphore/acquire", {
  doc:
    "Waits for a permit, first come, first served. `acquired` is false if `timeoutMs` passed first. When a session " +
    "dies, the server gives back its permits, and the next session to get one is told `ownerDied`. This holds while " +
    "every release came from a holder. A semaphore that other sessions release is a signal: the permits that a dead " +
    "session consumed stay consumed.",
  params: v.strictObject({ semaphore: semaphore(), owner: owner(), timeoutMs: timeoutMs() }),
  result: v.strictObject({
    acquired: v.boolean(),
    ownerDied: v.boolean(),
    /** As in `lock/acquire`. Absent: it is no cluster's, or not acquired. */
    fence: v.optional(count()),
  }),
  errors: ["ClusterUnavailable"],
});

export const release = request("semaphore/release", {
  doc:
    "Gives back `n` permits (default 1). Those of a cluster only the session that holds them may give back. " +
    "`cast`: the sender does not wait for the answer, which the server may " +
    "send some 10 ms later, together with others.",
  params: v.strictObject({ semaphore: semaphore(), owner: owner(), n: v.optional(count(1)), cast: cast() }),
  result: none(),
  errors: ["BadState", "NotOwner", "ClusterUnavailable"],
});

export const status = request("semaphore/status", {
  doc: "The number of free permits, the number of waiters, and the sessions that hold permits.",
  params: v.strictObject({ semaphore: semaphore() }),
  result: v.strictObject({ value: count(), waiters: count(), holders: v.array(v.string()) }),
  errors: ["ClusterUnavailable"],
});
