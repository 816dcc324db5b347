import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Budget } from "./engine/budget.js";

/** How often to check, in milliseconds. */
const lookMs = 1000;
/** Smaller amounts of garbage are left to V8. */
const worthwhileBytes = 32 * 1024 * 1024;
/** The same for the rest of what an earlier collection found held. */
const leastRestBytes = 1024 * 1024;

/**
 * V8 collects garbage only when it allocates. So an idle server would keep the memory of clients that have gone. Once
 * the budget has released half of its bytes, and many of them, this starts a collection, which takes some milliseconds
 * for each 100 MB. It waits until the bytes have stopped falling. If that was a pause only, what was still held then is
 * collected later, however little it is. Returns a function that stops the checks.
 */
export function collectGarbage(budget: Pick<Budget, "usedBytes" | "peakBytes" | "forgetPeak">): () => void {
  let collect: (() => void) | undefined;
  let before = 0;
  /** Bytes that were held during the last collection. */
  let rest = 0;
  const timer = setInterval(() => {
    const { usedBytes, peakBytes } = budget;
    const falls = usedBytes < before;
    before = usedBytes;
    const enough = peakBytes > rest ? worthwhileBytes : leastRestBytes;
    if (falls || peakBytes - usedBytes < enough || usedBytes > peakBytes / 2) return;
    rest = usedBytes;
    budget.forgetPeak();
    collect ??= collector();
    collect();
  }, lookMs).unref();
  return () => clearInterval(timer);
}

/** V8's function, which Node exposes only with a flag. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  return typeof collect === "function" ? () => void collect() : () => {};
}
