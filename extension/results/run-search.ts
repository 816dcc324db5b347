import { failureText } from "../../bindings/typescript/runs/failure-text.js";
import { t } from "../l10n.js";
import type { Run } from "../runs/run.js";

/** A past run, or one of its items; all of its texts are searched. */
export interface SearchEntry {
  label: string;
  description: string;
  detail: string;
  run: Run;
  /** Null: the run as a whole. */
  index: number | null;
}

/** Most items of a run that are listed. Failed items come first. */
const mostItems = 500;
const mostEntries = 5000;

/** What can be searched for, the newest run first: runs by function and outcome, items by name, outcome and error. */
export function searchEntries(runs: readonly Run[]): SearchEntry[] {
  const entries: SearchEntry[] = [];
  for (const run of runs.toReversed()) {
    const { done, failed, total, startedAt } = run.info;
    const started = new Date(startedAt).toLocaleString();
    entries.push({
      label: run.request.name,
      description: t("{0} done, {1} failed of {2}", done, failed, total),
      detail: t("Run, started at {0}", started),
      run,
      index: null,
    });
    const items = [
      ...run.rows.filter(({ state }) => state === "failed" || state === "lost"),
      ...run.rows.filter(({ state }) => state === "done" || state === "cancelled"),
    ];
    for (const { index, label, state, error } of items.slice(0, mostItems))
      entries.push({
        label,
        description: state,
        detail: error ? `${run.request.name}: ${failureText(error)}` : run.request.name,
        run,
        index,
      });
    if (entries.length >= mostEntries) break;
  }
  return entries;
}
