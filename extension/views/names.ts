import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo } from "../../protocol/process.js";
import { rowText } from "./amounts.js";
import type { Snapshot } from "./snapshot.js";
import { t } from "../l10n.js";

/** Python's words, in every language. */
const kindNames: Record<string, string> = {
  lock: "Lock",
  rlock: "RLock",
  semaphore: "Semaphore",
  event: "Event",
  condition: "Condition",
  barrier: "Barrier",
  queue: "Queue",
  pipe: "Pipe",
  pool: "Pool",
};

/** `lock:@orders` is `orders`, `lock:s1.4` is `Lock s1.4`. */
export function handleName(handle: string): string {
  const colon = handle.indexOf(":");
  const rest = handle.slice(colon + 1);
  return rest.startsWith("@")
    ? rowText(rest.slice(1))
    : `${kindNames[handle.slice(0, colon)] ?? handle.slice(0, colon)} ${rest}`;
}

export function poolName(pool: PoolInfo, { runName }: Pick<Snapshot, "runName">): string {
  const name = pool.name ?? (pool.run === null ? null : runName(pool.run));
  return name ? rowText(name) : handleName(pool.pool);
}

/** Position of the item that a pool's command runs: its name is `job [index]`. */
export function commandItem(process: ProcessInfo): number | null {
  const index = process.role === "task" ? /\[(\d+)\]$/.exec(process.name)?.[1] : undefined;
  return index === undefined ? null : Number(index);
}

/** The name of a process in its row. */
export function processName(process: ProcessInfo, snapshot: Pick<Snapshot, "poolItemLabel">): string {
  const index = commandItem(process);
  if (index === null) return rowText(process.name) || rowText(process.target);
  const label = process.pool === null ? null : snapshot.poolItemLabel(process.pool, index);
  // For other clients' runs only the command is known. It contains the item.
  return rowText(label ?? process.target) || t("item {0}", index);
}

export interface RunningItem {
  name: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** The item that a pool's worker runs now. A command is its item. */
export function runningItem(process: ProcessInfo, { itemLabel }: Pick<Snapshot, "itemLabel">): RunningItem | null {
  const { task } = process;
  if (task === null || process.role !== "worker" || process.state !== "running") return null;
  return { name: rowText(itemLabel(task.job, task.index) ?? t("item {0}", task.index), 40), startedAt: task.startedAt };
}

/** The holder or waiter: a process of the server, or a client. */
export interface Party {
  name: string;
  pid: number | null;
  /** Handle of its process, when the server started it. */
  process: string | null;
}

export function partyOf(session: string, { known, ownSession }: Pick<Snapshot, "known" | "ownSession">): Party {
  const info = known.sessions.get(session);
  const process = info?.process ? known.processes.get(info.process) : undefined;
  if (process) return { name: rowText(process.name), pid: process.pid, process: process.process };
  if (session === ownSession) return { name: t("This window"), pid: info?.pid ?? null, process: null };
  if (!info) return { name: t("Session {0}", session), pid: null, process: null };
  return {
    name: rowText(info.name) || (info.role === "worker" ? t("Worker") : t("Client")),
    pid: info.pid,
    process: info.process,
  };
}

/** `worker-1 (4242)`. */
export function partyText({ name, pid }: Party): string {
  return pid === null ? name : `${name} (${pid})`;
}
