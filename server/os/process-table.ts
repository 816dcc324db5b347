import type { ProcessRow } from "./process-row.js";
import { readLinuxTable } from "./proc.js";
import { readPsTable } from "./ps.js";

export type ProcessTable = ReadonlyMap<number, ProcessRow>;

/** All living processes, without zombies. Takes about 15 us for each process on Linux. */
export function readProcessTable(): ProcessTable {
  switch (process.platform) {
    case "linux":
      return readLinuxTable();
    case "win32":
      return new Map();
    default:
      return readPsTable();
  }
}

/** The children of each process, by parent pid. */
export function childrenByParent(table: ProcessTable): Map<number, ProcessRow[]> {
  const children = new Map<number, ProcessRow[]>();
  for (const row of table.values()) {
    const siblings = children.get(row.parentPid);
    if (siblings) siblings.push(row);
    else children.set(row.parentPid, [row]);
  }
  return children;
}

/** All descendants of this process, parents before their children. */
export function descendantsOf(pid: number, children: ReadonlyMap<number, ProcessRow[]>): ProcessRow[] {
  const found = [...(children.get(pid) ?? [])];
  const seen = new Set([pid, ...found.map((row) => row.pid)]);
  for (let i = 0; i < found.length; i++) {
    for (const child of children.get(found[i]!.pid) ?? []) {
      if (seen.has(child.pid)) continue;
      seen.add(child.pid);
      found.push(child);
    }
  }
  return found;
}
