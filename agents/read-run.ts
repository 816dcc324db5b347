import type { RunEntry, RunInfo } from "../protocol/run.js";
import { failureText, shortValue, type ToolHost } from "./tool.js";

/** Most entries that are read of a run. */
const pageSize = 1000;

/** A run's numbers, as the model gets them. */
export function summary(info: RunInfo): object {
  const { run, name, target, state, total, queued, running, done, failed, cancelled, startedAt, endedAt } = info;
  return {
    run,
    name,
    target,
    state: endedAt === null && state === "running" ? "running" : state,
    ended: endedAt !== null,
    total,
    done,
    failed,
    ...(cancelled > 0 ? { cancelled } : {}),
    ...(endedAt === null ? { queued, running } : { ms: Math.round(endedAt - startedAt) }),
  };
}

/** Outcomes of a run in the order of its items, from number `from` of those on. */
export async function outcomes(
  host: ToolHost,
  run: string,
  state: RunEntry["state"] | "all",
  from: number,
  limit: number,
): Promise<{ items: object[]; more: number }> {
  const entries = (await allEntries(host, run)).filter((entry) => state === "all" || entry.state === state);
  entries.sort((a, b) => a.index - b.index);
  const shown = entries.slice(from, from + limit);
  const { items } = shown.length > 0 ? await host.request("run/spec", { run }) : { items: [] };
  return {
    items: shown.map((entry) => ({
      index: entry.index,
      item: shortValue(host.decode(items[entry.index]!)),
      state: entry.state,
      ...(entry.ms === null ? {} : { ms: entry.ms }),
      ...(entry.value === undefined ? {} : { value: shortValue(host.decode(entry.value)) }),
      ...(entry.error === undefined ? {} : failureText(entry.error)),
      ...(entry.progress === undefined ? {} : { progress: entry.progress }),
    })),
    more: Math.max(0, entries.length - from - limit),
  };
}

export async function failedEntries(host: ToolHost, run: string): Promise<RunEntry[]> {
  return (await allEntries(host, run)).filter(({ state }) => state === "failed").sort((a, b) => a.index - b.index);
}

async function allEntries(host: ToolHost, run: string): Promise<RunEntry[]> {
  const all = new Map<number, RunEntry>();
  const { total } = await host.request("run/status", { run });
  // An item that changes during this read is listed again. One more round is enough.
  for (let since = 0, pages = Math.ceil(total / pageSize) + 1; pages > 0; pages--) {
    const { entries, next } = await host.request("run/read", { run, since, limit: pageSize, timeoutMs: 0 });
    if (entries.length === 0) break;
    for (const entry of entries) all.set(entry.index, entry);
    // Large results make small pages.
    if (entries.length < pageSize) pages++;
    since = next;
    if (all.size === total && entries.length < pageSize) break;
  }
  return [...all.values()];
}
