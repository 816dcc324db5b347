import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { RequestResult } from "../../bindings/typescript/session/methods.js";
import type { SessionInfo } from "../../protocol/lifecycle.js";
import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo, Usage } from "../../protocol/process.js";

export type ServerStatus = RequestResult<"server/status">;

/** What a server has at one moment. */
export interface ServerState {
  server: ServerStatus;
  processes: ProcessInfo[];
  pools: PoolInfo[];
  sessions: SessionInfo[];
  /** By process handle; only of those that run. */
  usage: Map<string, Usage>;
  /** When, in milliseconds since 1970. */
  at: number;
}

/** CPU time is counted between two looks, which must not be too close. */
const betweenLooksMs = 250;

/** One look. CPU is counted since the look before, whoever took it. `all`: with warm hosts and what has ended. */
export async function readState(connection: Connection, all: boolean): Promise<ServerState> {
  const [server, { processes }, { pools }, { sessions }, { usage }] = await Promise.all([
    connection.request("server/status", {}),
    connection.request("process/list", { scope: "all", ended: all }),
    connection.request("pool/list", {}),
    connection.request("server/sessions", {}),
    connection.request("process/usage", {}),
  ]);
  return {
    server,
    processes: all ? processes : processes.filter((process) => process.role !== "host"),
    pools,
    sessions,
    usage: new Map(usage.map((entry) => [entry.process, entry])),
    at: Date.now(),
  };
}

/** A look that needs none before it: takes a quarter of a second. */
export async function readStateOnce(connection: Connection, all: boolean): Promise<ServerState> {
  await connection.request("process/usage", {});
  await delay(betweenLooksMs);
  return readState(connection, all);
}
