import type { RowState } from "../runs/run.js";

export type Counts = Record<RowState, number>;

export const noCounts = (): Counts => ({ queued: 0, running: 0, done: 0, failed: 0, cancelled: 0, lost: 0 });

/** Items that have their outcome. */
export function settled(counts: Counts): number {
  return counts.done + counts.failed + counts.cancelled + counts.lost;
}

const windowMs = 10_000;

/** How fast items settle, over the last seconds, and how long the rest will take. */
export class Pace {
  #samples: { at: number; settled: number }[] = [];

  add(at: number, count: number): void {
    const last = this.#samples.at(-1);
    if (last && at - last.at < 100) last.settled = count;
    else this.#samples.push({ at, settled: count });
    while (this.#samples.length > 2 && this.#samples[1]!.at <= at - windowMs) this.#samples.shift();
  }

  clear(): void {
    this.#samples = [];
  }

  /** Items a second; null before there are enough samples. */
  rate(now: number): number | null {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    // Measured up to now, not up to the last sample: the rate of a run that hangs falls all the time.
    if (!first || !last || now - first.at < 500 || last.settled === first.settled) return null;
    return (1000 * (last.settled - first.settled)) / (now - first.at);
  }
}

/** Milliseconds; null if it cannot be estimated. */
export function remainingMs(left: number, rate: number | null): number | null {
  return rate === null || left === 0 ? null : (1000 * left) / rate;
}
