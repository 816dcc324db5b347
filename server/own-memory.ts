/** Milliseconds for which a reading is used. */
const sharedMs = 100;

export interface OwnMemory {
  rssBytes: number;
  heapUsedBytes: number;
}

/**
 * The memory of this process, up to 100 ms old. Node reads a file of /proc and the statistics of every heap space for
 * it, which takes longer than all the rest of an answer. A peer that asks without end must not keep the others waiting.
 */
export function ownMemory(now: () => number = () => performance.now()): () => OwnMemory {
  let memory: OwnMemory | undefined;
  let readAt = 0;
  return () => {
    if (!memory || now() - readAt >= sharedMs) {
      const { rss, heapUsed } = process.memoryUsage();
      memory = { rssBytes: rss, heapUsedBytes: heapUsed };
      readAt = now();
    }
    return memory;
  };
}
