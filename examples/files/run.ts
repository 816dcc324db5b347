import type { Pool } from "polyproc";
import { digestTask, largeBytes, type Digest } from "./digest.js";
import type { FoundFile } from "./find-files.js";

/** Small files in one task. One message for many files keeps 20,000 of them cheap. */
const chunkSize = 32;

/**
 * Hashes the files in the pool's workers and calls `onResult` with each result as it arrives. When `signal` fires, the
 * remaining files are cancelled.
 */
export async function run(
  pool: Pool,
  files: readonly FoundFile[],
  signal: AbortSignal,
  onResult: (result: Digest | Error) => void,
): Promise<void> {
  // Large files go first, one to a task: a large file must not start last, and small files must not wait in its chunk.
  const large = files.filter((file) => file.size > largeBytes).sort((a, b) => b.size - a.size);
  const small = files.filter((file) => file.size <= largeBytes);
  // If a worker is killed, its file is tried once more.
  const options = { returnExceptions: true, retries: 1, signal, graceMs: 0 } as const;
  const read = async (results: AsyncIterable<Digest | Error>) => {
    try {
      for await (const result of results) onResult(result);
    } catch (error) {
      if (error !== signal.reason) throw error;
    }
  };
  await Promise.all([
    read(pool.imapUnordered(digestTask, large, options)),
    read(pool.imapUnordered(digestTask, small, { ...options, chunkSize })),
  ]);
}
