import type { RowState } from "../../runs/run.js";
import type { RunView } from "../messages.js";
import { formatCount, formatMs } from "../format.js";
import type { RowView } from "../messages.js";

/** In the order in which they are offered. */
export const states: readonly RowState[] = ["failed", "lost", "running", "queued", "cancelled", "done"];

export const stateWords: Record<RowState, string> = {
  failed: "Failed",
  lost: "Lost",
  running: "Running",
  queued: "Queued",
  cancelled: "Cancelled",
  done: "Done",
};

export const runWords: Record<RunView["state"], string> = {
  running: "Running",
  ending: "Ending",
  done: "Done",
  cancelled: "Cancelled",
  halted: "Halted",
  lost: "Server lost",
};

/** The time of a row: how long it took, or how long it has been running. */
export function rowTime(row: RowView, now: number): string {
  if (row.ms !== null) return formatMs(row.ms);
  return row.state === "running" && row.startedAt !== null ? formatMs(Math.max(0, now - row.startedAt)) : "";
}

export function items(count: number): string {
  return count === 1 ? "1 item" : `${formatCount(count)} items`;
}
