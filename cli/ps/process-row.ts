import type { ProcessInfo } from "../../protocol/process.js";
import { formatBytes } from "../../protocol/bytes.js";
import { formatDuration } from "../../protocol/duration.js";
import { oneLine } from "../../protocol/one-line.js";
import { progressText } from "../../protocol/progress.js";
import type { Column } from "../table.js";
import type { ServerState } from "./server-state.js";

/** The columns after the caller's own first columns. */
export const processColumns: readonly Column[] = [
  { title: "STATE" },
  { title: "AGE", align: "right" },
  { title: "CPU", align: "right" },
  { title: "MEMORY", align: "right" },
  { title: "RUNS" },
];

/** Longest name of a process in a table. */
export const longestName = 32;
const longestTarget = 60;

/** Cells for `processColumns`. */
export function processCells(process: ProcessInfo, { usage: usages, pools, at }: ServerState): string[] {
  const usage = usages.get(process.process);
  const end = process.endedAt ?? at;
  return [
    stateOf(process),
    process.state === "starting" ? "" : formatDuration(Math.max(0, end - process.startedAt)),
    usage ? `${usage.cpuPercent.toFixed(0)} %` : "",
    usage ? formatBytes(usage.memoryBytes) : "",
    runs(process, pools.find(({ pool }) => pool === process.pool)?.name ?? "", at),
  ];
}

/** Name of a process in a table. */
export function processName({ name, role }: ProcessInfo): string {
  const position = role === "task" ? / \[(\d+)\]$/.exec(name)?.[1] : undefined;
  return position === undefined ? shorten(name, longestName) : `item ${position}`;
}

function stateOf(process: ProcessInfo): string {
  if (process.state === "exited") return process.reason ?? `exit code ${process.exitCode ?? "?"}`;
  if (process.state === "running" && process.role === "host") return "warm";
  if (process.state === "running" && process.role === "worker" && process.task === null) return "idle";
  return process.state;
}

/** `poolName`: the name of the worker's pool. */
function runs({ target, task, role, progress }: ProcessInfo, poolName: string, at: number): string {
  // The name of a pool's command already contains its item.
  const item = task && role !== "task" && `item ${task.index} for ${formatDuration(Math.max(0, at - task.startedAt))}`;
  return [shorten(target || poolName, longestTarget), item, progress && shorten(progressText(progress), longestTarget)]
    .filter(Boolean)
    .join("  ");
}

export function shorten(text: string, longest: number): string {
  return oneLine(text.length > longest ? `${text.slice(0, longest - 1)}…` : text);
}
