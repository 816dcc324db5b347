import { childVariable } from "./environment.js";
import { environmentValue, readLinuxRow } from "./proc.js";
import { childrenByParent, readProcessTable, type ProcessTable } from "./process-table.js";
import type { ProcessRow } from "./process-row.js";

const none: readonly ProcessRow[] = [];

/**
 * A snapshot of the system's processes, with indexes that are built at most once. Ending a thousand trees together
 * shares one snapshot, and reads each process once.
 */
export class ProcessLook {
  readonly table: ProcessTable = readProcessTable();
  #groups: Map<number, ProcessRow[]> | undefined;
  #marked: Map<string, ProcessRow[]> | undefined;
  #children: Map<number, ProcessRow[]> | undefined;

  inGroup(group: number): readonly ProcessRow[] {
    this.#groups ??= by([...this.table.values()], (row) => row.group);
    return this.#groups.get(group) ?? none;
  }

  /** Processes that have this child's POLYPROC_CHILD in their environment. Empty on systems other than Linux. */
  marked(childId: string): readonly ProcessRow[] {
    this.#marked ??=
      process.platform === "linux"
        ? by(this.#youngerThanServer(), (row) => environmentValue(row.pid, childVariable))
        : new Map<string, ProcessRow[]>();
    return this.#marked.get(childId) ?? none;
  }

  get children(): ReadonlyMap<number, ProcessRow[]> {
    return (this.#children ??= childrenByParent(this.table));
  }

  /** Older processes cannot carry a mark of this server, so their environments are not read. */
  #youngerThanServer(): ProcessRow[] {
    const started = Number(this.table.get(process.pid)?.start ?? readLinuxRow(process.pid)?.start ?? 0);
    return [...this.table.values()].filter((row) => row.pid !== process.pid && Number(row.start) >= started);
  }
}

function by<K>(rows: readonly ProcessRow[], key: (row: ProcessRow) => K | undefined): Map<K, ProcessRow[]> {
  const groups = new Map<K, ProcessRow[]>();
  for (const row of rows) {
    const name = key(row);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}
