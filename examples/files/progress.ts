import type { Tally } from "./tally.js";

/** Shows the progress of a run, until `stop`. */
export interface Progress {
  stop(): void;
}

export interface Total {
  files: number;
  bytes: number;
}

/**
 * What opening a file costs, in bytes that could be compressed instead: roughly, so that progress moves evenly over
 * large and small files.
 */
const fileCostBytes = 1024;

/** How much of the work is done, 0 to 1. */
export function doneShare(tally: Tally, { files, bytes }: Total): number {
  const all = files * fileCostBytes + bytes;
  return all === 0 ? 1 : Math.min(1, (tally.done * fileCostBytes + tally.bytes) / all);
}
