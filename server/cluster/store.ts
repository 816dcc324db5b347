import type { Redis } from "ioredis";
import { PolyprocError } from "../../protocol/errors.js";
import type { ClusterAddress } from "./address.js";
import { Keys } from "./keys.js";
import { describeNoAnswer, serverNameOf } from "./no-answer.js";
import { handleOwnSubscriptions } from "./own-subscriptions.js";
import { loadPackages, type Packages } from "./packages.js";

/** Milliseconds in which the store must answer for the first time, or for a request that does not wait. */
export const firstAnswerMs = 10_000;
const maxRetryMs = 500;

/** A connection to the store of a cluster. It reconnects by itself; commands wait for that. */
export interface Store {
  readonly address: ClusterAddress;
  readonly keys: Keys;
  readonly packages: Packages;
  readonly redis: Redis;
}

/** Connects, and checks that the store can hold a cluster. Fails with ClusterUnavailable. */
export async function openStore(address: ClusterAddress, warn: (text: string) => void): Promise<Store> {
  const packages = await loadPackages();
  const connection = new packages.Redis({
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.username === null ? {} : { username: address.username }),
    ...(address.password === null ? {} : { password: address.password }),
    ...(address.tls ? { tls: serverNameOf(address.host) } : {}),
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(50 * times, maxRetryMs),
    connectTimeout: firstAnswerMs,
  });
  const redis = handleOwnSubscriptions(connection);
  let lastError = "";
  redis.on("error", (error: Error) => (lastError = error.message || (error as NodeJS.ErrnoException).code || ""));
  try {
    const info = await withLimit(redis.info(), firstAnswerMs);
    check(info, address, warn);
    return { address, keys: new Keys(address.name), packages, redis };
  } catch (error) {
    redis.disconnect();
    if (error instanceof PolyprocError) throw error;
    throw new PolyprocError("ClusterUnavailable", describeNoAnswer(address, lastError || (error as Error).message));
  }
}

/** Fails after this time. The promise itself goes on. */
export function withLimit<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${ms / 1000} s`)), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** `info`: the answer to INFO. */
function check(info: string, { shown }: ClusterAddress, warn: (text: string) => void): void {
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1];
  const version = field("redis_version") ?? "";
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2))
    throw new PolyprocError("ClusterUnavailable", `${shown} is Redis ${version}; a cluster needs 6.2 or newer`);
  const policy = field("maxmemory_policy") ?? "noeviction";
  if (policy !== "noeviction")
    throw new PolyprocError(
      "ClusterUnavailable",
      `${shown} drops keys when its memory is full (maxmemory-policy ${policy}), and tasks with them; set noeviction`,
    );
  if (field("aof_enabled") === "0")
    warn(`${shown} writes no append-only file: after a restart of Redis, unfinished tasks run again (appendonly yes)`);
}
