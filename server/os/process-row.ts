/** One process of the system, at the moment of the look. */
export interface ProcessRow {
  pid: number;
  parentPid: number;
  /** Process group. */
  group: number;
  /** When it started, in the system's own words: with `pid` it names a process for ever, since pids are used again. */
  start: string;
  /** Reads what it runs; "" when it has gone meanwhile. A function, since a look is taken far more often than this is wanted. */
  command(): string;
}
