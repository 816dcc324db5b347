import { setTimeout as delay } from "node:timers/promises";

/**
 * How long a test waits for what must come, in milliseconds: longer than any stop of a busy machine. Only a hang takes
 * so long, so no test needs a shorter one. The runner gives a silent test file ten times as long.
 */
export const patienceMs = 60_000;

export interface Deadline {
  /** What is waited for, for the error's text. */
  what?: string;
  /** Default: `patienceMs`. */
  timeoutMs?: number;
  /** Time between two looks. Default 5. */
  intervalMs?: number;
}

/**
 * Looks until `condition` gives something other than undefined, null and false, and returns that. Rejects when the
 * deadline has passed, with the condition's last error as its cause when it threw.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  deadline: Deadline = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { what = condition.toString(), timeoutMs = patienceMs, intervalMs = 5 } = deadline;
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value as NonNullable<Exclude<T, false>>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) throw new Error(`waited ${timeoutMs} ms for: ${what}`, { cause });
    await delay(intervalMs);
  }
}

/** `promise`, or a rejection that names what was waited for. */
export async function within<T>(promise: Promise<T>, what: string, timeoutMs = patienceMs): Promise<T> {
  const over = new AbortController();
  const expiry = delay(timeoutMs, undefined, { signal: over.signal }).then(
    () => Promise.reject(new Error(`waited ${timeoutMs} ms for: ${what}`)),
    // `promise` has settled first: this one is not awaited.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    over.abort();
  }
}
