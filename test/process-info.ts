import { processExample } from "../protocol/examples/process.js";
import type { ProcessInfo } from "../protocol/process.js";

/** A process as the server reports it: the protocol's example, with what a test wants different. */
export function processInfo(id: string, pid: number, more: Partial<ProcessInfo> = {}): ProcessInfo {
  return { ...processExample, process: `process:${id}`, pid, name: id, source: null, ...more };
}
