import { formatDuration } from "../../../protocol/duration.js";
import { oneLine } from "../../../protocol/one-line.js";
import { failureText } from "./failure-text.js";
import type { RunRecord, RunRow } from "./run-record.js";

export interface Change {
  label: string;
  before: RunRow;
  after: RunRow;
}

export interface Comparison {
  newlyFailed: Change[];
  newlyPassed: Change[];
  /** Items that are done in both, the one with the largest factor first. */
  slower: Change[];
  onlyBefore: RunRow[];
  onlyAfter: RunRow[];
}

/** Items that took less are not called slower: their times are chance. */
const leastMs = 5;

/** Compares two runs. Items are the same if they have the same label. `factor`: from when an item is slower. */
export function compareRuns(before: RunRecord, after: RunRecord, factor: number): Comparison {
  const old = byKey(before.rows);
  const result: Comparison = { newlyFailed: [], newlyPassed: [], slower: [], onlyBefore: [], onlyAfter: [] };
  for (const [key, row] of byKey(after.rows)) {
    const was = old.get(key);
    old.delete(key);
    if (!was) {
      result.onlyAfter.push(row);
      continue;
    }
    const change = { label: row.label, before: was, after: row };
    if (row.state === "failed" && was.state !== "failed") result.newlyFailed.push(change);
    else if (row.state === "done" && was.state === "failed") result.newlyPassed.push(change);
    else if (row.state === "done" && was.state === "done" && isSlower(was, row, factor)) result.slower.push(change);
  }
  result.onlyBefore.push(...old.values());
  result.slower.sort((a, b) => b.after.ms! / b.before.ms! - a.after.ms! / a.before.ms!);
  return result;
}

function isSlower(before: RunRow, after: RunRow, factor: number): boolean {
  return before.ms !== null && after.ms !== null && after.ms >= leastMs && after.ms > before.ms * factor;
}

/** Items with the same label are told apart by their order. */
function byKey(rows: readonly RunRow[]): Map<string, RunRow> {
  const seen = new Map<string, number>();
  return new Map(
    rows.map((row) => {
      const nth = seen.get(row.label) ?? 0;
      seen.set(row.label, nth + 1);
      return [`${nth} ${row.label}`, row];
    }),
  );
}

/** For people. Empty lists are left out. */
export function comparisonText(comparison: Comparison, factor: number): string[] {
  const { newlyFailed, newlyPassed, slower, onlyBefore, onlyAfter } = comparison;
  const section = <T>(title: string, rows: readonly T[], text: (row: T) => string) =>
    rows.length === 0 ? [] : [`${title}: ${rows.length}`, ...rows.map((row) => `  ${text(row)}`), ""];
  const lines = [
    ...section("newly failed", newlyFailed, ({ label, after }) =>
      after.error ? `${oneLine(label)}: ${failureText(after.error)}` : oneLine(label),
    ),
    ...section("newly passed", newlyPassed, ({ label }) => oneLine(label)),
    ...section(
      `slower by more than ${factor} times`,
      slower,
      ({ label, before, after }) =>
        `${oneLine(label)}: ${formatDuration(before.ms!)} before, ${formatDuration(after.ms!)} now ` +
        `(${(after.ms! / Math.max(before.ms!, 0.001)).toFixed(1)} times)`,
    ),
    ...section("only in the first run", onlyBefore, ({ label }) => oneLine(label)),
    ...section("only in the second run", onlyAfter, ({ label }) => oneLine(label)),
  ];
  return lines.length === 0 ? ["no item differs"] : lines.slice(0, -1);
}
