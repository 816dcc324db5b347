import type { BatchGroupInfo } from "../../../protocol/batch.js";
import type { BatchEntry } from "./batch-entry.js";

type Entries = ReadonlyMap<number, BatchEntry>;

/** The failed entry because of which this one cannot start; null if there is none. */
export function failedBefore(entry: BatchEntry, entries: Entries): BatchEntry | null {
  for (const number of entry.record.after) {
    const before = entries.get(number);
    if (before?.record.state === "failed" || before?.record.state === "skipped") return before;
  }
  return null;
}

/** Entries that may start now: as many as their groups have free slots, those with the highest priority first. */
export function startable(entries: Entries, groups: ReadonlyMap<string, BatchGroupInfo>, now: number): BatchEntry[] {
  const free = new Map<string, number>();
  for (const { group, slots, paused } of groups.values()) free.set(group, paused ? 0 : slots);
  const waiting: BatchEntry[] = [];
  for (const entry of entries.values()) {
    const { group, state } = entry.record;
    if (entry.active) free.set(group, (free.get(group) ?? 0) - 1);
    else if (state === "queued" && isReady(entry, entries, now)) waiting.push(entry);
  }
  waiting.sort((a, b) => b.record.priority - a.record.priority || a.number - b.number);
  return waiting.filter(({ record: { group } }) => {
    const slots = free.get(group) ?? 0;
    free.set(group, slots - 1);
    return slots > 0;
  });
}

/** The earliest time, in milliseconds since 1970, for which a queued entry waits; null if none does. */
export function nextTime(entries: Entries, now: number): number | null {
  let next: number | null = null;
  for (const { record } of entries.values()) {
    const { notBefore } = record;
    if (record.state === "queued" && notBefore !== null && notBefore > now && (next === null || notBefore < next))
      next = notBefore;
  }
  return next;
}

/** Whether an entry that waits for `after` would wait for itself. */
export function waitsForItself(number: number, after: readonly number[], entries: Entries): boolean {
  const seen = new Set<number>();
  const next = [...after];
  for (let before = next.pop(); before !== undefined; before = next.pop()) {
    if (before === number) return true;
    if (seen.has(before)) continue;
    seen.add(before);
    next.push(...(entries.get(before)?.record.after ?? []));
  }
  return false;
}

/** The entry's time has come, and all entries that it waits for are done. One that was removed was done. */
function isReady({ record }: BatchEntry, entries: Entries, now: number): boolean {
  if (record.notBefore !== null && record.notBefore > now) return false;
  return record.after.every((number) => (entries.get(number)?.record.state ?? "done") === "done");
}
