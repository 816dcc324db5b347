import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Budget } from "./engine/budget.js";

/** How often to check, in milliseconds. */
const lookMs = 1000;
/** Less garbage is left to V8. */
const worthwhileBytes = 32 * 1024 * 1024;
/** A server that releases more than this between two checks is busy: it allocates, so V8 collects. */
const quietBytes = 1024 * 1024;

/**
 * V8 collects garbage only when it allocates. So an idle server would keep the memory of clients that have gone. Once
 * many bytes have been released since the last collection, and the server has become quiet, this starts a collection,
 * which takes some milliseconds for each 100 MB. Returns a function that stops the checks.
 */
export function collectGarbage(budget: Pick<Budget, "releasedBytes">, collect = lazyCollector()): () => void {
  /** `releasedBytes` at the last check, and at the last collection. */
  let before = 0;
  let collected = 0;
  const timer = setInterval(() => {
    const { releasedBytes } = budget;
    const quiet = releasedBytes - before <= quietBytes;
    before = releasedBytes;
    if (!quiet || releasedBytes - collected < worthwhileBytes) return;
    collected = releasedBytes;
    collect();
  }, lookMs).unref();
  return () => clearInterval(timer);
}

/** V8's function, which Node exposes only with a flag: it is set at the first call. */
function lazyCollector(): () => void {
  let collect: unknown;
  return () => {
    if (collect === undefined) {
      setFlagsFromString("--expose-gc");
      collect = runInNewContext("globalThis.gc");
    }
    if (typeof collect === "function") collect();
  };
}
