import type { DeadlockInfo, SyncInfo } from "../../../protocol/events.js";
import type { SessionInfo } from "../../../protocol/lifecycle.js";
import type { PoolInfo } from "../../../protocol/pool.js";
import type { QueuedInfo, WaitInfo } from "../../../protocol/waits.js";
import type { ProcessInfo, Usage } from "../../../protocol/process.js";
import type { Known, Snapshot } from "../../../extension/views/snapshot.js";
import { waitsBySession } from "../../../extension/model/waits-by-session.js";
import type { TreeNode } from "../../../extension/views/tree/tree-node.js";
import { processInfo as exampleProcess } from "../../process-info.js";

export const at = 1_000_000;

export function processInfo(id: string, more: Partial<ProcessInfo> = {}): ProcessInfo {
  return exampleProcess(id, 100, { target: "tasks.js#work", cwd: "/w", startedAt: at - 5000, ...more });
}

export function endedInfo(id: string, exitCode: number, more: Partial<ProcessInfo> = {}): ProcessInfo {
  return processInfo(id, { state: "exited", exitCode, reason: `exit code ${exitCode}`, endedAt: at - 1000, ...more });
}

export function poolInfo(id: string, more: Partial<PoolInfo> = {}): PoolInfo {
  return {
    pool: `pool:${id}`,
    name: null,
    run: null,
    session: "s1",
    state: "running",
    processes: 4,
    workers: 0,
    busy: 0,
    queued: 0,
    done: 0,
    failed: 0,
    ...more,
  };
}

export function sessionInfo(session: string, more: Partial<SessionInfo> = {}): SessionInfo {
  return {
    session,
    role: "client",
    name: `client-${session}`,
    version: null,
    pid: 7,
    process: null,
    connectedAt: at,
    ...more,
  };
}

export function syncInfo(handle: string, kind: SyncInfo["kind"], more: Partial<SyncInfo> = {}): SyncInfo {
  return { handle, kind, holders: [], waiters: [], value: 0, limit: null, ...more };
}

interface Parts {
  processes?: ProcessInfo[];
  usage?: Usage[];
  pools?: PoolInfo[];
  waits?: WaitInfo[];
  queued?: QueuedInfo[];
  rates?: [pool: string, perSecond: number][];
  sync?: SyncInfo[];
  deadlocks?: DeadlockInfo[];
  sessions?: SessionInfo[];
}

export function known({
  processes = [],
  usage = [],
  pools = [],
  waits = [],
  queued = [],
  rates = [],
  sync = [],
  deadlocks = [],
  sessions = [sessionInfo("s1")],
}: Parts): Known {
  return {
    processes: new Map(processes.map((one) => [one.process, one])),
    usage: new Map(usage.map((one) => [one.process, one])),
    pools: new Map(pools.map((one) => [one.pool, one])),
    waits: waitsBySession(waits),
    queued: new Map(queued.map((one) => [one.pool, one])),
    rates: new Map(rates),
    sync: new Map(sync.map((one) => [one.handle, one])),
    deadlocks: new Map(deadlocks.map((one) => [one.deadlock, one])),
    sessions: new Map(sessions.map((one) => [one.session, one])),
  };
}

export function snapshot(parts: Parts, more: Partial<Snapshot> = {}): Snapshot {
  return {
    known: known(parts),
    ownSession: null,
    itemLabel: () => null,
    poolItemLabel: () => null,
    runName: () => null,
    at,
    ...more,
  };
}

/** A tree as text: two blanks for each level, the label, then the description. */
export function drawn(nodes: readonly TreeNode[], indent = ""): string[] {
  return nodes.flatMap((node) => [
    `${indent}${node.label}${node.description && ` | ${node.description}`}`,
    ...drawn(node.children, `${indent}  `),
  ]);
}

export function allNodes(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.flatMap((node) => [node, ...allNodes(node.children)]);
}
