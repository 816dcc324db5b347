import { runExample } from "../../protocol/examples/run.js";
import type { RunInfo } from "../../protocol/run.js";

/**
 * A run before its first item begins, as the server reports it: the protocol's example with a test's changes.
 */
export function queuedRun(run: string, items: number, more: Partial<RunInfo> = {}): RunInfo {
  const counts = { total: items, queued: items, running: 0, done: 0, failed: 0, cancelled: 0 };
  return { ...runExample, run, ...counts, startedAt: 0, ...more };
}
