import { aFlag, anything, aSignal, checkOptions, type OptionTable } from "../session/options.js";

export interface WaitOptions {
  /**
   * Milliseconds to wait, fractions allowed; 0 or less does not wait. Default: no limit, as for `null` and `Infinity`.
   */
  timeoutMs?: number | null | undefined;
  /** Cancels the wait, which then rejects with Cancelled; `cause` is the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface AcquireOptions extends WaitOptions {
  /** `false` does not wait, whatever `timeoutMs` says. Default true. */
  block?: boolean | undefined;
}

/** A timeout in milliseconds, alone or in an object with other options. */
export type Timeout = number | null | WaitOptions;

/** `timeoutOf` checks `timeoutMs`. */
const waitTable: OptionTable<WaitOptions> = { timeoutMs: anything, signal: aSignal };
const acquireTable: OptionTable<AcquireOptions> = { block: aFlag, ...waitTable };

const noLimit: WaitOptions = {};
/** The default of `acquire`: it waits without a limit. */
export const noOptions: AcquireOptions = noLimit;

export function waitOptions(timeout: Timeout | undefined): WaitOptions {
  if (timeout === undefined) return noLimit;
  if (typeof timeout !== "object" || timeout === null) return { timeoutMs: timeout };
  checkOptions("a wait", timeout, waitTable);
  return timeout;
}

/** The timeout as the wire has it: null for no limit. Throws a TypeError unless it is a number. */
export function timeoutOf(options: AcquireOptions): number | null {
  if (options === noLimit) return null;
  checkOptions("a wait", options, acquireTable);
  if (options.block === false) return 0;
  const { timeoutMs } = options;
  if (timeoutMs === undefined || timeoutMs === null || timeoutMs === Infinity) return null;
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs))
    throw new TypeError(`timeoutMs is a number of milliseconds, got ${String(timeoutMs)}`);
  return Math.max(timeoutMs, 0);
}
