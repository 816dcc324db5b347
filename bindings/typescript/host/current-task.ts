import { hostLink, type CurrentTask } from "./link.js";

export type { CurrentTask } from "./link.js";

/**
 * The task that this process runs now; undefined outside of worker processes and between tasks. Ask at the start of the
 * task and keep the answer: after an `await` that outlived the task, another task may be running.
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
