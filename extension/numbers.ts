import type { Model } from "./model/model.js";
import { t } from "./l10n.js";

/** The state of the server, in a few numbers. */
export interface Numbers {
  busy: number;
  /** Worker slots of all pools of this machine. */
  total: number;
  /** Tasks that run on hosts of a cluster. Null: no pool is in one. */
  onCluster: number | null;
  queued: number;
  /** Processes that run, pools' workers included. */
  running: number;
  runs: number;
  deadlocks: number;
}

export function numbersOf({
  pools,
  processes,
  runs,
  deadlocks,
}: Pick<Model, "pools" | "processes" | "runs" | "deadlocks">): Numbers {
  const numbers: Numbers = {
    busy: 0,
    total: 0,
    onCluster: null,
    queued: 0,
    running: 0,
    runs: 0,
    deadlocks: deadlocks.size,
  };
  for (const { busy, processes: slots, queued, cluster } of pools.values()) {
    numbers.queued += queued;
    if (cluster === undefined) {
      numbers.busy += busy;
      numbers.total += slots;
    } else numbers.onCluster = (numbers.onCluster ?? 0) + busy;
  }
  for (const { state } of processes.values()) if (state !== "exited") numbers.running++;
  for (const { endedAt } of runs.values()) if (endedAt === null) numbers.runs++;
  return numbers;
}

/** `2/4 +17`, with the icons of workers and of a cluster. `slots`: of all hosts of the cluster; null while unknown. */
export function statusText({ busy, total, onCluster, queued, running }: Numbers, slots: number | null): string {
  const parts = [
    ...(total > 0 ? [`$(server-process) ${busy}/${total}`] : []),
    ...(onCluster === null ? [] : [`$(server-environment) ${onCluster}${slots === null ? "" : `/${slots}`}`]),
  ];
  if (parts.length === 0) return running === 0 ? "$(server-process)" : `$(server-process) ${running}`;
  return [...parts, ...(queued === 0 ? [] : [`+${queued.toLocaleString("en")}`])].join(" ");
}

/** `3 processes and 1 run`; null when there is neither. */
export function whatRuns({ running, runs }: Pick<Numbers, "running" | "runs">): string | null {
  const parts = [
    ...(running === 0 ? [] : [t(running === 1 ? "{0} process" : "{0} processes", running.toLocaleString("en"))]),
    ...(runs === 0 ? [] : [t(runs === 1 ? "{0} run" : "{0} runs", runs.toLocaleString("en"))]),
  ];
  return parts.length === 0 ? null : parts.join(t(" and "));
}
