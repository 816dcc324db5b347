import * as v from "valibot";
import { clusterAddress } from "./cluster-address.js";
import { request } from "./message.js";
import { count, none } from "./schema.js";

export const hostPool = v.strictObject({
  /** Its name in the cluster. */
  id: v.string(),
  /** Null if its creator gave no name. */
  name: v.nullable(v.string()),
  /** Packs of it that this host runs. */
  running: count(1),
});

export const hostInfo = v.strictObject({
  /** Its name in the cluster. */
  host: v.string(),
  /** Pid of its agent, on that host. */
  pid: count(),
  /** Version of the wire that it speaks. */
  protocol: v.string(),
  /** What it has, for pools that need it. */
  labels: v.array(v.string()),
  /** How many tasks it runs at a time. */
  slots: count(),
  /** How many of its slots are in use. */
  busy: count(),
  /** Its system's load average over the last minute. */
  load: v.number(),
  /** It takes no more tasks, and ends when its tasks have ended. */
  draining: v.boolean(),
  /** What it runs: told with each renewal of its lease, so a moment old. */
  pools: v.array(hostPool),
});
export type HostInfo = v.InferOutput<typeof hostInfo>;

export const clusterPoolInfo = v.strictObject({
  /** Its name in the cluster. */
  id: v.string(),
  /** Null if its creator gave no name. */
  name: v.nullable(v.string()),
  /** Largest number of its tasks that run at a time; null: no limit. */
  processes: v.nullable(count(1)),
  /** Packs that wait. A pack is one task, or several short ones. */
  queued: count(),
  /** Packs that a host has. */
  running: count(),
});
export type ClusterPoolInfo = v.InferOutput<typeof clusterPoolInfo>;

export const hosts = request("cluster/hosts", {
  doc: "The hosts of a cluster that are alive, and its pools.",
  params: v.strictObject({
    /** Address of the cluster's Redis. */
    cluster: clusterAddress(),
  }),
  result: v.strictObject({
    /** In the order of their names. */
    hosts: v.array(hostInfo),
    pools: v.array(clusterPoolInfo),
  }),
  errors: ["ClusterUnavailable"],
});

export const drain = request("cluster/drain", {
  doc: "Asks the agent of a host to take no more tasks, and to end when its tasks have ended. Does not wait for that.",
  params: v.strictObject({
    /** Address of the cluster's Redis. */
    cluster: clusterAddress(),
    /** Its name in the cluster. */
    host: v.string(),
  }),
  result: none(),
  errors: ["BadState", "ClusterUnavailable"],
});
