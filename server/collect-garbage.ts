import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Budget } from "./engine/budget.js";

/** How often to check, in milliseconds. */
const lookMs = 1000;
/** Smaller amounts of garbage are left to V8. */
const worthwhileBytes = 32 * 1024 * 1024;

/**
 * V8 collects garbage only when it allocates. So an idle server would keep the memory of clients that have gone. Once
 * the budget has released half of its bytes, and many of them, this starts a collection, which takes some milliseconds
 * for each 100 MB. Returns a function that stops the checks.
 */
export function collectGarbage(budget: Budget): () => void {
  let collect: (() => void) | undefined;
  const timer = setInterval(() => {
    const { usedBytes, peakBytes } = budget;
    if (peakBytes - usedBytes < worthwhileBytes || usedBytes > peakBytes / 2) return;
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
