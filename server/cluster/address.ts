import { PolyprocError } from "../../protocol/errors.js";
import { isLoopback } from "./loopback.js";

/** Where a cluster is, and what its members agree on. */
export interface ClusterAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  /** Clusters of different names share one Redis. */
  readonly name: string;
  /** Milliseconds after which the work of a silent host is given to another. */
  readonly leaseMs: number;
  /** File with the key that signs all work; null: unsigned. */
  readonly keyFile: string | null;
  /** The address without its password. */
  readonly shown: string;
}

const defaultLeaseMs = 15_000;
const minLeaseMs = 500;
const maxLeaseMs = 3_600_000;
const parameters = new Set(["cluster", "lease", "keyFile", "insecure"]);

/**
 * Reads `redis[s]://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE][?cluster=NAME&lease=SECONDS&keyFile=PATH&insecure=true]`.
 * `password`: used when the address has none. Throws InvalidParams, without the password.
 */
export function parseClusterAddress(text: string, password: string | null): ClusterAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong("it does not begin with redis:// or rediss://; expected one such as redis://127.0.0.1:6379");
  }
  // `localhost:6379` is an address of the protocol `localhost:`.
  if (url.protocol !== "redis:" && url.protocol !== "rediss:")
    throw wrong(`it begins with ${url.protocol}; expected redis:// or rediss://, such as redis://127.0.0.1:6379`);
  if (url.hostname === "") throw wrong("it names no host; expected one such as rediss://user@redis.example/0");
  for (const name of url.searchParams.keys())
    if (!parameters.has(name)) throw wrong(`${name} is not known; expected ${[...parameters].join(", ")}`);
  const tls = url.protocol === "rediss:";
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (!tls && !isLoopback(host) && url.searchParams.get("insecure") !== "true")
    throw wrong(
      `${host} is another machine, and redis: sends all in clear text; use rediss:, or add insecure=true for a ` +
        "network that you trust",
    );
  const database = url.pathname === "" || url.pathname === "/" ? 0 : Number(url.pathname.slice(1));
  if (!Number.isInteger(database) || database < 0 || database > 15)
    throw wrong(`${url.pathname.slice(1)} is no database; expected a number from 0 to 15`);
  const name = url.searchParams.get("cluster") ?? "main";
  if (!/^[\w.-]{1,60}$/.test(name)) throw wrong(`cluster=${name}: expected 1 to 60 letters, digits, and . _ -`);
  const ownPassword = url.password === "" ? password : decodeURIComponent(url.password);
  const shown = new URL(text);
  shown.password = "";
  return {
    host,
    port: url.port === "" ? 6379 : Number(url.port),
    tls,
    username: url.username === "" ? null : decodeURIComponent(url.username),
    password: ownPassword,
    database,
    name,
    leaseMs: leaseOf(url.searchParams.get("lease")),
    keyFile: url.searchParams.get("keyFile"),
    shown: shown.href,
  };
}

function leaseOf(text: string | null): number {
  if (text === null) return defaultLeaseMs;
  const ms = Math.round(Number(text) * 1000);
  if (text.trim() !== "" && ms >= minLeaseMs && ms <= maxLeaseMs) return ms;
  throw wrong(`lease=${text}: expected seconds, from ${minLeaseMs / 1000} to ${maxLeaseMs / 1000}`);
}

function wrong(why: string): PolyprocError {
  return new PolyprocError("InvalidParams", `the address of the cluster is wrong: ${why}`);
}
