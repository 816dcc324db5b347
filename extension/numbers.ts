import type { Model } from "./model/model.js";
import { t } from "./l10n.js";

/** The state of the server, in a few numbers. */
export interface Numbers {
  busy: number;
  /** Worker slots of all pools. */
  total: number;
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
  const numbers: Numbers = { busy: 0, total: 0, queued: 0, running: 0, runs: 0, deadlocks: deadlocks.size };
  for (const { busy, processes: slots, queued } of pools.values()) {
    numbers.busy += busy;
    numbers.total += slots;
    numbers.queued += queued;
  }
  for (const { state } of processes.values()) if (state !== "exited") numbers.running++;
  for (const { endedAt } of runs.values()) if (endedAt === null) numbers.runs++;
  return numbers;
}

/** `3 processes and 1 run`; null when there is neither. */
export function whatRuns({ running, runs }: Pick<Numbers, "running" | "runs">): string | null {
  const parts = [
    ...(running === 0 ? [] : [t(running === 1 ? "{0} process" : "{0} processes", running.toLocaleString("en"))]),
    ...(runs === 0 ? [] : [t(runs === 1 ? "{0} run" : "{0} runs", runs.toLocaleString("en"))]),
  ];
  return parts.length === 0 ? null : parts.join(t(" and "));
}
