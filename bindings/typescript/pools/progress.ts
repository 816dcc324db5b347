import type { ResultEntry } from "../../../protocol/job.js";

/** What a worker has just reported, and how far the call is. */
export interface Progress {
  /** Items that have ended, failed ones included. */
  done: number;
  failed: number;
  /** All items of the call; undefined while its inputs are still being read. */
  total: number | undefined;
  /** The items of this report: `count` of them, from `index` on. */
  index: number;
  count: number;
  /** How long these items ran, in milliseconds; 0 if they never ran. */
  ms: number;
  /** The worker that ran them; 0 if none did. */
  pid: number;
}

export type ProgressListener = (progress: Progress) => void;

/** Counts the items of a call that have ended, for its listener. */
export class ProgressCount {
  readonly #listener: ProgressListener | undefined;
  #done = 0;
  #failed = 0;

  constructor(listener: ProgressListener | undefined) {
    this.#listener = listener;
  }

  add(entry: Pick<ResultEntry, "index" | "count" | "ms" | "pid">, failed: boolean, total: number | undefined): void {
    const { index, count, ms, pid } = entry;
    this.#done += count;
    if (failed) this.#failed += count;
    const listener = this.#listener;
    if (!listener) return;
    const progress: Progress = { done: this.#done, failed: this.#failed, total, index, count, ms, pid };
    // In a microtask, as all listeners of pools: it may call the pool, whose state is not consistent here.
    queueMicrotask(() => listener(progress));
  }
}
