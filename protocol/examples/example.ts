/**
 * One message as a JSON peer would see it: payloads as plain values, other bytes as `{"$bytes": …}`. `params` is left out where a
 * message has none; `result` belongs to requests.
 */
export interface Example {
  params?: unknown;
  result?: unknown;
}

/** By method. */
export type Examples = Readonly<Record<string, Example>>;
