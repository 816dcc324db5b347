/** How long a receiver waits, and what ends its wait. */
export interface TakeLimits {
  /** By `performance.now()`; Infinity: no limit. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

const withoutLimits: TakeLimits = { deadline: Infinity, signal: undefined };

export function limitsOf(timeoutMs: number | null, signal: AbortSignal | undefined): TakeLimits {
  if (timeoutMs === null) return signal ? { deadline: Infinity, signal } : withoutLimits;
  return { deadline: performance.now() + timeoutMs, signal };
}

/** Milliseconds that are left, as the wire has them: null for no limit. */
export function leftMs({ deadline }: TakeLimits): number | null {
  return deadline === Infinity ? null : Math.max(0, deadline - performance.now());
}
