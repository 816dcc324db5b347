import type { Pool } from "polyproc";
import { digestTask, largeBytes, type Digest } from "./digest.js";
import type { FoundFile } from "./find-files.js";

/** Small files that go to a worker together: one message for many, so that 20,000 of them cost little. */
const chunkSize = 32;

/**
 * Hashes the files in the pool's workers, and calls with each result as it comes. When `signal` fires, the rest is left
 * undone.
 */
export async function run(pool: Pool, files: readonly FoundFile[], signal: AbortSignal, onResult: (result: Digest | Error) => void): Promise<void> {
  // The largest first and one by one: a long one must not be the last to begin, nor have others wait in its chunk.
  const large = files.filter((file) => file.size > largeBytes).sort((a, b) => b.size - a.size);
  const small = files.filter((file) => file.size <= largeBytes);
  // A worker that somebody kills costs nothing but a second try.
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
