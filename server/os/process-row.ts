/** One process of the system, at the moment of the snapshot. */
export interface ProcessRow {
  pid: number;
  parentPid: number;
  /** Process group. */
  group: number;
  /** When it started, in the system's own format. Pids are reused; `pid` and `start` together identify a process. */
  start: string;
  /** Reads its command line; "" if the process has ended since. A function, because most snapshots do not need it. */
  command(): string;
}
