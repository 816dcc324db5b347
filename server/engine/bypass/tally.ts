/**
 * Counters that a client writes without a message, in memory that outlives it. `server/os` implements it; tests have a fake. A counter is
 * an unsigned integer of 64 bits, 0 at first.
 */
export interface Tally {
  /** How the client opens it. */
  readonly path: string;
  /** What it begins with, so that no other file is taken for it. */
  readonly mark: string;
  readonly slots: number;
  read(slot: number): number;
  close(): void;
}
