import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { ResultEntry } from "../../../protocol/job.js";

/** Durations in milliseconds: their number, extremes, mean and percentiles. All are 0 if there are none. */
export interface Durations {
  count: number;
  minMs: number;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** How long the items of a pool ran, and how long its tasks waited before, transport included. */
export interface PoolTiming {
  run: Durations;
  wait: Durations;
}

/** Histograms of a pool's tasks, in microseconds. */
export class TimingRecord {
  readonly #run = createHistogram();
  readonly #wait = createHistogram();

  /** Starts the clock of a job's tasks. */
  ofJob(): JobTiming {
    return new JobTiming(this.#run, this.#wait);
  }

  get timing(): PoolTiming {
    return { run: durations(this.#run), wait: durations(this.#wait) };
  }
}

/** When the tasks of one job were submitted. */
export class JobTiming {
  readonly #run: RecordableHistogram;
  readonly #wait: RecordableHistogram;
  readonly #submitted = new Map<number, number>();

  constructor(run: RecordableHistogram, wait: RecordableHistogram) {
    this.#run = run;
    this.#wait = wait;
  }

  submitted(index: number): void {
    this.#submitted.set(index, performance.now());
  }

  /** A worker has reported. What never reached a worker has no time. */
  reported({ index, count, ms, pid }: Pick<ResultEntry, "index" | "count" | "ms" | "pid">): void {
    const since = this.#submitted.get(index);
    this.#submitted.delete(index);
    if (pid === 0) return;
    record(this.#run, ms / count);
    if (since !== undefined) record(this.#wait, performance.now() - since - ms);
  }
}

function record(histogram: RecordableHistogram, ms: number): void {
  histogram.record(Math.max(1, Math.round(ms * 1000)));
}

function durations(histogram: RecordableHistogram): Durations {
  const { count } = histogram;
  const inMs = (microseconds: number) => (count === 0 ? 0 : microseconds / 1000);
  return {
    count,
    minMs: inMs(histogram.min),
    meanMs: inMs(histogram.mean),
    p50Ms: inMs(histogram.percentile(50)),
    p90Ms: inMs(histogram.percentile(90)),
    p99Ms: inMs(histogram.percentile(99)),
    maxMs: inMs(histogram.max),
  };
}
