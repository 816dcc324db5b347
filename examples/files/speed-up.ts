import { Pool } from "polyproc";
import type { FoundFile } from "./find-files.js";
import { median } from "./numbers.js";
import { run } from "./run.js";

/** Limits of the sample. Fewer files are measured completely. */
const maxSampleFiles = 4000;
const maxSampleBytes = 256 * 1024 * 1024;
const rounds = 3;

export interface SpeedUp {
  files: number;
  bytes: number;
  rounds: number;
  processes: number;
  /** Medians of the rounds. */
  oneMs: number;
  manyMs: number;
}

/**
 * Measures how much faster `processes` workers are than one. Two pools hash a sample of the files in turn, several
 * times. Before that each pool hashes it once, so that all workers run and the sample is in the file cache for both.
 * The result is meaningless if `signal` has fired.
 */
export async function measureSpeedUp(
  files: readonly FoundFile[],
  processes: number,
  signal: AbortSignal,
): Promise<SpeedUp> {
  const sample = sampleOf(files);
  await using one = new Pool(1);
  await using many = new Pool(processes);
  await timed(one, sample, signal);
  await timed(many, sample, signal);
  const oneTimes: number[] = [];
  const manyTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    oneTimes.push(await timed(one, sample, signal));
    manyTimes.push(await timed(many, sample, signal));
  }
  return {
    files: sample.length,
    bytes: sample.reduce((sum, file) => sum + file.size, 0),
    rounds,
    processes,
    oneMs: median(oneTimes),
    manyMs: median(manyTimes),
  };
}

/** Takes files evenly from the list, as many as the limits allow. */
function sampleOf(files: readonly FoundFile[]): FoundFile[] {
  const step = Math.max(1, files.length / maxSampleFiles);
  const sample: FoundFile[] = [];
  let bytes = 0;
  for (let at = 0; at < files.length; at += step) {
    const file = files[Math.floor(at)]!;
    if (bytes + file.size > maxSampleBytes) continue;
    bytes += file.size;
    sample.push(file);
  }
  return sample;
}

async function timed(pool: Pool, files: readonly FoundFile[], signal: AbortSignal): Promise<number> {
  const began = performance.now();
  await run(pool, files, signal, () => {});
  return performance.now() - began;
}
