import type { ClusterPoolInfo, HostInfo } from "../../protocol/cluster.js";
import { PolyprocError } from "../../protocol/errors.js";
import type { Keys } from "./keys.js";
import { hostRecord, poolRecord, read, type ChangeRecord, type HostRecord } from "./records.js";
import type { Store } from "./store.js";

/** Milliseconds in which an agent must see that it is to drain. */
const drainSeenMs = 3_600_000;

/** Holds the instance of the agent that is to drain. */
export function drainKey(keys: Keys, host: string): string {
  return `${keys.prefix}:drain:${host}`;
}

/** The hosts that are alive, and the pools. */
export async function listCluster(store: Store): Promise<{ hosts: HostInfo[]; pools: ClusterPoolInfo[] }> {
  const { redis, keys } = store;
  const hosts = (await readHosts(store)).map(({ instance: _, ...host }) => host);
  const pools: ClusterPoolInfo[] = [];
  for (const [id, text] of Object.entries(await redis.hgetall(keys.pools))) {
    const record = read(poolRecord, text);
    if (record === null) continue;
    const [waiting, prioritized, running] = await Promise.all([
      redis.llen(`${keys.prefix}:${id}:wait`),
      redis.zcard(`${keys.prefix}:${id}:prioritized`),
      redis.llen(`${keys.prefix}:${id}:active`),
    ]);
    pools.push({ id, name: record.name, processes: record.processes, queued: waiting + prioritized, running });
  }
  return { hosts, pools };
}

/** Throws BadState if there is no such host. */
export async function drainHost(store: Store, host: string): Promise<void> {
  const found = (await readHosts(store)).find((record) => record.host === host);
  if (!found) throw new PolyprocError("BadState", `the cluster has no host ${host}: see polyproc ps --cluster`);
  const { redis, keys } = store;
  await redis.set(drainKey(keys, host), found.instance, "PX", drainSeenMs);
  await redis.publish(keys.changes, JSON.stringify({ kind: "drain", host } satisfies ChangeRecord));
}

async function readHosts({ redis, keys }: Store): Promise<HostRecord[]> {
  const names = (await redis.smembers(keys.hosts)).sort();
  if (names.length === 0) return [];
  const texts = await redis.mget(names.map((name) => keys.host(name)));
  const dead = names.filter((_, i) => texts[i] === null);
  if (dead.length > 0) await redis.srem(keys.hosts, dead);
  return texts.map((text) => read(hostRecord, text)).filter((record) => record !== null);
}
