import { readdirSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { hasInEnvironment } from "../../server/os/proc.js";
import type { ProcessRow } from "../../server/os/process-row.js";
import { readProcessTable } from "../../server/os/process-table.js";
import { waitFor } from "../deadline.js";

/** What ends by itself when its parent has ended (a worker host, a guardian) may take this long. */
const settleMs = 60_000;

/** The living processes that have this `NAME=value` in their environment. Linux only; elsewhere none are found. */
export function markedProcesses(assignment: string): ProcessRow[] {
  if (process.platform !== "linux") return [];
  return [...readProcessTable().values()].filter(
    (row) => row.pid !== process.pid && hasInEnvironment(row.pid, assignment),
  );
}

export function describeProcess(row: ProcessRow): string {
  let folder = "";
  try {
    folder = ` in ${readlinkSync(`/proc/${row.pid}/cwd`)}`;
  } catch {
    // It has gone, or there is no /proc.
  }
  return `pid ${row.pid}, parent ${row.parentPid}, group ${row.group}: ${row.command()}${folder}`;
}

/**
 * What a test file left: processes, which are killed now, and files below its folder, which are removed now. One line
 * each.
 */
export async function findLeaks(assignment: string, folder: string): Promise<string[]> {
  await waitFor(() => markedProcesses(assignment).length === 0, { timeoutMs: settleMs, intervalMs: 20 }).catch(
    () => {},
  );
  const leaks = [];
  for (const row of markedProcesses(assignment)) {
    leaks.push(`a process was left: ${describeProcess(row)}`);
    try {
      process.kill(row.pid, "SIGKILL");
    } catch {
      // It has ended after all.
    }
  }
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const kind = entry.isSocket() ? "socket" : entry.isFIFO() ? "pipe" : entry.isDirectory() ? "folder" : "file";
    leaks.push(`a ${kind} was left: ${join(entry.parentPath, entry.name)}`);
  }
  rmSync(folder, { recursive: true, force: true });
  return leaks;
}

/** Kills processes, of which some may have ended. */
export function killEach(processes: readonly { pid: number }[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }
}
