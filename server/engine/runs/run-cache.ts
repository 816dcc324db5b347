import type { Payload } from "../../../protocol/schema.js";
import type { RunLine } from "./run-output.js";
import type { RunSpec } from "./run-spec.js";

/** An outcome of an earlier run. */
export interface Replay {
  value: Payload;
  ms: number;
  /** What the item wrote. */
  lines: readonly RunLine[];
}

/** Found, or why not; null for an item that is new. */
export type Found = Replay | { why: string | null };

/**
 * Kept outcomes, for one run. No method throws or waits for the file system. An item that cannot be looked up is one
 * that is not found.
 */
export interface RunCache {
  /** Looks for items `from`, `from + 1`, … Each call is answered once, later. */
  look(from: number, items: readonly Payload[], answer: (found: readonly Found[]) => void): void;
  /** Keeps the outcome of an item that was looked for. A second outcome of an item replaces the first. */
  keep(index: number, item: Payload, outcome: Replay): void;
  /** Nothing follows. Calls `closed` once, later: what was given before is stored, or will not be. */
  close(closed: () => void): void;
}

/** Throws InvalidParams if a run like this has no outcomes that can be kept. */
export type OpenRunCache = (spec: RunSpec) => RunCache;
