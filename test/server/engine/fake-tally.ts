import type { Tally } from "../../../server/engine/bypass/tally.js";

/** Counters that the test writes in place of a client. */
export class FakeTally implements Tally {
  readonly path = "/tally";
  readonly mark = "0123456789abcdef0123456789abcdef";
  readonly slots = 300;
  readonly counts: number[] = [];
  closed = false;

  read(slot: number): number {
    if (this.closed) throw new Error("the tally was closed");
    return this.counts[slot] ?? 0;
  }

  close(): void {
    this.closed = true;
  }
}
