/**
 * A page of counters in shared memory. The client writes them without sending a message, and the server can still read
 * them after the client has died. A counter is an unsigned 64-bit integer that starts at 0. `server/os` implements this
 * interface; tests have a fake.
 */
export interface Tally {
  /** The file that the client maps. */
  readonly path: string;
  /** The first bytes of the page. The client compares them, so that it does not write into another file. */
  readonly mark: string;
  /** Number of counters. */
  readonly slots: number;
  read(slot: number): number;
  close(): void;
}
