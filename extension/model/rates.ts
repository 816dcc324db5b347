import type { PoolInfo } from "../../protocol/pool.js";

/** Over how long a rate is taken, in milliseconds. */
const spanMs = 5000;

interface Sample {
  at: number;
  settled: number;
}

/** Tasks that each pool settles a second. */
export class Rates {
  readonly #samples = new Map<string, Sample[]>();
  #rates = new Map<string, number>();

  get all(): ReadonlyMap<string, number> {
    return this.#rates;
  }

  /** Whether any rate is above 0: such a rate changes with time alone. */
  get moving(): boolean {
    for (const rate of this.#rates.values()) if (rate > 0) return true;
    return false;
  }

  note({ pool, done, failed }: PoolInfo, at: number): void {
    const settled = done + failed;
    const samples = this.#samples.get(pool) ?? [];
    if (samples.length === 0) this.#samples.set(pool, samples);
    const last = samples.at(-1);
    if (last && last.settled > settled) samples.length = 0;
    if (samples.at(-1)?.settled !== settled || samples.length === 0) samples.push({ at, settled });
    this.#update(pool, samples, at);
  }

  /** Brings the rates up to date. Returns whether any has changed. */
  refresh(at: number): boolean {
    let changed = false;
    for (const [pool, samples] of this.#samples) changed = this.#update(pool, samples, at) || changed;
    return changed;
  }

  forget(pool: string): void {
    this.#samples.delete(pool);
    this.#rates.delete(pool);
  }

  clear(): void {
    this.#samples.clear();
    this.#rates = new Map();
  }

  #update(pool: string, samples: Sample[], at: number): boolean {
    // Keep the last sample before the span: it has the count at the beginning of the span.
    while (samples.length > 1 && samples[1]!.at <= at - spanMs) samples.shift();
    const first = samples[0]!;
    const since = Math.max(first.at, at - spanMs);
    const settled = samples.at(-1)!.settled - first.settled;
    const rate = settled === 0 || at <= since ? 0 : (settled * 1000) / Math.max(at - since, 500);
    const before = this.#rates.get(pool);
    this.#rates.set(pool, rate);
    return before !== rate;
  }
}
