import type { Pool } from "polyproc";
import { compressTask, type Packed } from "./compress.js";
import type { Piece } from "./pieces.js";

/** Pieces in one task. A small file takes so little time that sending it alone would be felt. */
const chunkSize = 8;

/**
 * Compresses the pieces in the pool's workers and calls `onResult` with each result as it arrives. When `signal` fires,
 * the remaining pieces are cancelled.
 */
export async function run(
  pool: Pool,
  pieces: Iterable<Piece>,
  signal: AbortSignal,
  onResult: (result: Packed | Error) => void,
): Promise<void> {
  // If a worker is killed, its piece is tried once more.
  const options = { returnExceptions: true, retries: 1, signal, graceMs: 0, chunkSize } as const;
  try {
    for await (const result of pool.imapUnordered(compressTask, pieces, options)) onResult(result);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
