import { hostLink, type CurrentTask } from "./link.js";

export type { CurrentTask } from "./link.js";

/**
 * The task that this process runs now; undefined outside of worker processes and between tasks. Ask at the task's
 * start, and keep the answer: after an `await` that outlived the task it is another's.
 *
 * ```ts
 * export async function load(url: string) {
 *   const response = await fetch(url, { signal: currentTask()?.signal ?? null });
 *   return response.text();
 * }
 * ```
 */
export function currentTask(): CurrentTask | undefined {
  return hostLink()?.task() ?? undefined;
}
