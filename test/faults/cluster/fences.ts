import assert from "node:assert/strict";
import type { Note } from "./cluster-stage.js";

/** Fails if a holder wrote after a later one. Returns the fences, in the order of their first notes. */
export function fencesOf(notes: readonly Note[]): number[] {
  const fences: number[] = [];
  for (const { n } of notes) {
    if (n === fences.at(-1)) continue;
    assert.ok(n > (fences.at(-1) ?? 0), `${n} was written after ${fences.at(-1)}`);
    fences.push(n);
  }
  return fences;
}
