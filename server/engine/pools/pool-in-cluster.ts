import { PolyprocError } from "../../../protocol/errors.js";
import type { ClusterListener } from "./cluster-link.js";
import type { PoolDependencies } from "./dependencies.js";
import type { PoolOptions } from "./pool.js";
import { RemoteDispatch, type ClusteredPool } from "./remote-dispatch.js";

/** `processes` of a pool in a cluster without a limit: that of the protocol. */
export const maxProcesses = 4096;

/** Options for workers. A cluster's hosts start workers of their own, for all pools, so such a pool refuses these. */
const ofWorkers = [
  "initializer",
  "initargs",
  "maxTasksPerChild",
  "daemon",
  "cwd",
  "env",
  "execArgv",
  "minProcesses",
  "idleTimeoutMs",
  "runtime",
] as const;

/** The cluster's address, without its password. Throws if the address or an option is wrong. */
export function clusterOf(engine: PoolDependencies, options: PoolOptions & { cluster?: string | undefined }): string {
  const shown = engine.options.clusters.shown(options.cluster!);
  const refused = ofWorkers.filter((option) => (options as Record<string, unknown>)[option] !== undefined);
  if (refused.length > 0)
    throw new PolyprocError(
      "BadState",
      `${refused.join(", ")}: the hosts of a cluster start their workers themselves; leave ` +
        `${refused.length === 1 ? "it" : "them"} out, and prepare what the function needs in its module`,
    );
  return shown;
}

export function openInCluster(
  pool: ClusteredPool,
  { cluster, name, processes, needs = [] }: PoolOptions,
): RemoteDispatch {
  const { clusters } = pool.engine.options;
  return new RemoteDispatch(pool, (listener) =>
    clusters.open(cluster!, { name: name ?? null, processes: processes ?? null, needs }, guarded(pool, listener)),
  );
}

/** Reports come from outside the engine: an exception in one ends the pool. */
function guarded(pool: ClusteredPool, listener: ClusterListener): ClusterListener {
  const { guard } = pool.engine;
  return {
    began: (pack) => guard.run(pool, () => listener.began(pack)),
    located: (pack, host) => guard.run(pool, () => listener.located(pack, host)),
    ended: (pack, host, results) => guard.run(pool, () => listener.ended(pack, host, results)),
    cancelled: (pack) => guard.run(pool, () => listener.cancelled(pack)),
    split: (pack) => guard.run(pool, () => listener.split(pack)),
    lost: (pack, error) => guard.run(pool, () => listener.lost(pack, error)),
    failed: (error) => guard.run(pool, () => listener.failed(error)),
    closed: () => guard.run(pool, () => listener.closed()),
  };
}
