import { setImmediate } from "node:timers/promises";
import { Pool } from "polyproc";
import { compress } from "./compress.js";
import type { FoundFile } from "./find-files.js";
import { median } from "./numbers.js";
import { pieceOf, type Piece } from "./pieces.js";
import { run } from "./run.js";

/** The plain loop needs about this long for the sample, in milliseconds. Fewer files are measured completely. */
const sampleMs = 2000;
/** How long the plain loop keeps the event loop, and so Ctrl-C, waiting, in milliseconds. */
const turnMs = 20;
const rounds = 3;

export interface Measurement {
  files: number;
  bytes: number;
  rounds: number;
  processes: number;
  /** Medians of the rounds. `oneMs`: with one worker; `manyMs`: with `processes`. */
  plainMs: number;
  oneMs: number;
  manyMs: number;
}

/**
 * Measures a plain loop, a pool with one worker and a pool with `processes` on the same files, in turn, several times.
 * Each has compressed a part of them before, so that all workers run, all code is compiled, and the files are in the
 * file cache. The result is meaningless if `signal` has fired.
 */
export async function measure(
  files: readonly FoundFile[],
  processes: number,
  signal: AbortSignal,
): Promise<Measurement> {
  const sample = await sampleOf(files, signal);
  await using one = new Pool(1);
  await using many = new Pool(processes);
  const inPool = (pool: Pool, pieces: readonly Piece[]) => () => run(pool, pieces, signal, () => {});
  const warmUp = sample.slice(0, Math.ceil(sample.length / 10));
  await inPool(one, warmUp)();
  await inPool(many, warmUp)();
  const times: { plain: number[]; one: number[]; many: number[] } = { plain: [], one: [], many: [] };
  for (let round = 0; round < rounds && !signal.aborted; round++) {
    times.plain.push(await timed(() => plainLoop(sample, signal)));
    times.one.push(await timed(inPool(one, sample)));
    times.many.push(await timed(inPool(many, sample)));
  }
  return {
    files: sample.length,
    bytes: sample.reduce((sum, { length }) => sum + length, 0),
    rounds,
    processes,
    plainMs: median(times.plain),
    oneMs: median(times.one),
    manyMs: median(times.many),
  };
}

/**
 * Files from the whole list, as many as the plain loop compresses in `sampleMs`; of large files the first piece. Each
 * step of the golden ratio lands in the largest gap, so however many fit, they are spread evenly.
 */
async function sampleOf(files: readonly FoundFile[], signal: AbortSignal): Promise<Piece[]> {
  const step = stepFor(files.length);
  const sample: Piece[] = [];
  function* taken(): Generator<Piece> {
    const began = performance.now();
    for (let i = 0, at = 0; i < files.length && performance.now() - began < sampleMs; i++) {
      const piece = pieceOf(files[at]!, at, 0);
      sample.push(piece);
      yield piece;
      at = (at + step) % files.length;
    }
  }
  await plainLoop(taken(), signal);
  // As the job itself: large pieces first.
  return sample.sort((a, b) => b.length - a.length);
}

/** The number nearest to the golden section of `length` that has no divisor in common with it. */
function stepFor(length: number): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let step = Math.max(1, Math.round(length * 0.618));
  while (divisor(step, length) !== 1) step++;
  return step;
}

async function plainLoop(pieces: Iterable<Piece>, signal: AbortSignal): Promise<void> {
  let turnBegan = performance.now();
  for (const piece of pieces) {
    compress(piece);
    if (performance.now() - turnBegan < turnMs) continue;
    await setImmediate();
    if (signal.aborted) return;
    turnBegan = performance.now();
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
