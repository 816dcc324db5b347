import { readFileSync } from "node:fs";
import { environmentValue } from "../../server/os/proc.js";
import type { ProcessRow } from "../../server/os/process-row.js";
import { markedProcesses } from "../runner/leaks.js";

/** Every process of a soak run, at any depth, has this variable; its value is the run's id. */
export const soakVariable = "POLYPROC_SOAK";

/**
 * `client`: a program that the run started. `worker`: a child of a server. `private`: a server that a program started
 * for itself. `other`: what those started.
 */
export const classes = ["client", "worker", "guardian", "maker", "server", "private", "other"] as const;
export type ProcessClass = (typeof classes)[number];

export interface SoakProcess extends ProcessRow {
  class: ProcessClass;
}

/** Who carries the mark now, by pid. */
export function soakProcesses(id: string, serverPid: number | null, clients: ReadonlySet<number>): SoakProcess[] {
  const rows = markedProcesses(`${soakVariable}=${id}`).sort((a, b) => a.pid - b.pid);
  return rows.map((row) => ({ ...row, class: classOf(row, serverPid, clients) }));
}

function classOf(row: ProcessRow, serverPid: number | null, clients: ReadonlySet<number>): ProcessClass {
  if (row.pid === serverPid) return "server";
  if (clients.has(row.pid)) return "client";
  const command = row.command();
  if (command.includes("polyproc-guardian")) return "guardian";
  if (command.includes("polyproc-fifo")) return "maker";
  if (/\bserver(-main|\/main)\.js\b/.test(command)) return "private";
  return environmentValue(row.pid, "POLYPROC_CHILD") === undefined ? "other" : "worker";
}

/** Whether it is stopped by a signal. */
export function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.charAt(stat.lastIndexOf(")") + 2) === "T";
  } catch {
    return false;
  }
}
