/**
 * One message as a JSON peer sees it: payloads as plain values, other bytes as `{"$bytes": …}`. A message without
 * parameters has no `params`; only requests have a `result`.
 */
export interface Example {
  params?: unknown;
  result?: unknown;
}

/** By method. */
export type Examples = Readonly<Record<string, Example>>;
