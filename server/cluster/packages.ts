import { createRequire } from "node:module";
import { join } from "node:path";
import type * as bullmq from "bullmq";
import type * as ioredis from "ioredis";
import { PolyprocError } from "../../protocol/errors.js";

/** The packages that only clusters need. They are loaded at the first use, and need not be installed before. */
export interface Packages {
  readonly bullmq: typeof bullmq;
  readonly Redis: typeof ioredis.Redis;
}

let loaded: Promise<Packages> | undefined;

/** Fails with ClusterUnavailable, which says how to install them. */
export function loadPackages(): Promise<Packages> {
  return (loaded ??= load().catch((error: unknown) => {
    loaded = undefined;
    throw error;
  }));
}

async function load(): Promise<Packages> {
  try {
    const folder = process.env["POLYPROC_CLUSTER_PACKAGES"];
    // A folder with `node_modules`, for servers that are installed without npm.
    const from = folder ? createRequire(join(folder, "package.json")) : null;
    const queues = (from ? from("bullmq") : await import("bullmq")) as typeof bullmq;
    const { Redis } = (from ? from("ioredis") : await import("ioredis")) as typeof ioredis;
    return { bullmq: queues, Redis };
  } catch (error) {
    throw new PolyprocError(
      "ClusterUnavailable",
      `a cluster needs two more packages: npm install bullmq@6.7.0 ioredis@6.0.0, where polyproc is installed or in ` +
        `the folder that POLYPROC_CLUSTER_PACKAGES names (${(error as Error).message.split("\n")[0]})`,
    );
  }
}
