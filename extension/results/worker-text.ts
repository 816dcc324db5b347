import type { RowView } from "./messages.js";

/** The process of a row, `PID` or `HOST:PID`; empty before it has one. */
export function workerText({ pid, host }: Pick<RowView, "pid" | "host">): string {
  if (pid === 0) return "";
  return host === null ? String(pid) : `${host}:${pid}`;
}
