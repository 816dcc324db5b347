import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "../../bindings/typescript/session/connection.js";
import type { RequestResult } from "../../bindings/typescript/session/methods.js";
import type { SessionInfo } from "../../protocol/lifecycle.js";
import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo, Usage } from "../../protocol/process.js";

export type ServerStatus = RequestResult<"server/status">;

/** The state of a server at one moment. */
export interface ServerState {
  server: ServerStatus;
  processes: ProcessInfo[];
  pools: PoolInfo[];
  sessions: SessionInfo[];
  /** By process handle; running processes only. */
  usage: Map<string, Usage>;
  /** Time of the snapshot, in milliseconds since 1970. */
  at: number;
}

/** CPU is measured between two readings, which need some time between them. */
const betweenLooksMs = 250;

/**
 * Reads the state. CPU is measured since the previous reading by any client. `all`: includes warm hosts and ended
 * processes.
 */
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

/** Reads the state without an earlier reading: takes a quarter of a second, unless no process is running. */
export async function readStateOnce(connection: Connection, all: boolean): Promise<ServerState> {
  const first = await readState(connection, all);
  if (!first.processes.some(({ process }) => first.usage.has(process))) return first;
  await delay(betweenLooksMs);
  return readState(connection, all);
}
