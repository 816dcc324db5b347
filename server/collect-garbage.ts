import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Budget } from "./engine/budget.js";

/** How often to look, in milliseconds. */
const lookMs = 1000;
/** Less than this is left to V8. */
const worthwhileBytes = 32 * 1024 * 1024;

/**
 * V8 collects garbage when it allocates, so a server whose clients have gone would keep the memory of what they had
 * left. When half of what was held, and a lot of it, has been released, this asks for a collection: some milliseconds
 * for each hundred megabytes. Returns a function that ends it.
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

/** V8's own, which Node shows only when it is asked to. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("globalThis.gc");
  return typeof collect === "function" ? () => void collect() : () => {};
}
