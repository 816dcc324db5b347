export interface WaitOptions {
  /**
   * Milliseconds to wait, fractions allowed; 0 does not wait. Default: no limit, as with `null` and `Infinity`.
   * Negative is 0.
   */
  timeoutMs?: number | null | undefined;
  /** Ends the wait, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface AcquireOptions extends WaitOptions {
  /** `false` does not wait, whatever `timeoutMs` says. Default true. */
  block?: boolean | undefined;
}

/** A time-out by itself, in milliseconds, or with more to say. */
export type Timeout = number | null | WaitOptions;

export function waitOptions(timeout: Timeout | undefined): WaitOptions {
  return typeof timeout === "object" && timeout !== null ? timeout : { timeoutMs: timeout };
}

/** The time-out as the wire has it. Fails with TypeError for what is no number. */
export function timeoutOf(options: AcquireOptions): number | null {
  if (options.block === false) return 0;
  const { timeoutMs } = options;
  if (timeoutMs === undefined || timeoutMs === null || timeoutMs === Infinity) return null;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs)) throw new TypeError(`timeoutMs is a number of milliseconds, got ${String(timeoutMs)}`);
  return Math.max(timeoutMs, 0);
}
