import type { RowState } from "../../runs/run.js";
import type { RunView } from "../messages.js";
import { formatCount, formatMs } from "../format.js";
import type { RowView } from "../messages.js";
import { t } from "../../l10n.js";

/** In the order in which they are offered. */
export const states: readonly RowState[] = ["failed", "lost", "running", "queued", "cancelled", "done"];

export function stateWord(state: RowState): string {
  switch (state) {
    case "failed":
      return t("Failed");
    case "lost":
      return t("Lost");
    case "running":
      return t("Running");
    case "queued":
      return t("Queued");
    case "cancelled":
      return t("Cancelled");
    case "done":
      return t("Done");
  }
}

export function runWord(state: RunView["state"]): string {
  switch (state) {
    case "ending":
      return t("Ending");
    case "halted":
      return t("Halted");
    case "lost":
      return t("Server lost");
    case "running":
    case "done":
    case "cancelled":
      return stateWord(state);
  }
}

/** The state of a row, and whether it was replayed. */
export function rowWord({ state, cached }: Pick<RowView, "state" | "cached">): string {
  return cached ? t("{0}, replayed from an earlier run", stateWord(state)) : stateWord(state);
}

/** The time of a row: how long it took, or how long it has been running. */
export function rowTime(row: RowView, now: number): string {
  if (row.ms !== null) return formatMs(row.ms);
  return row.state === "running" && row.startedAt !== null ? formatMs(Math.max(0, now - row.startedAt)) : "";
}

export function items(count: number): string {
  return t(count === 1 ? "{0} item" : "{0} items", formatCount(count));
}
