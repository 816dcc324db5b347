import type { RowView } from "./messages.js";

/** Where a row's item runs or ran: `PID`, `HOST:PID`, or `HOST` while the pid there is not known. Empty before that. */
export function workerText({ pid, host }: Pick<RowView, "pid" | "host">): string {
  if (pid === 0) return host ?? "";
  return host === null ? String(pid) : `${host}:${pid}`;
}
