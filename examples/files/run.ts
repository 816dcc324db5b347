import type { Pool } from "polyproc";
import { compressTask, type Packed } from "./compress.js";
import { together, type Piece } from "./pieces.js";

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
  // If a worker is killed, what it had is tried once more.
  const options = { returnExceptions: true, retries: 1, signal, graceMs: 0 } as const;
  try {
    for await (const results of pool.imapUnordered(compressTask, together(pieces), options)) {
      if (results instanceof Error) onResult(results);
      else for (const result of results) onResult(result);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
