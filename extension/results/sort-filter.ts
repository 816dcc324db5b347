import { t } from "../l10n.js";
import type { RowState } from "../runs/run.js";
import type { RowView } from "./messages.js";
import { workerText } from "./worker-text.js";

export type Column = "index" | "state" | "label" | "ms" | "pid" | "attempt" | "preview";

export interface Sort {
  column: Column;
  descending: boolean;
}

export interface Filter {
  /** Words that must all occur in item, result, error or pid; upper and lower case are the same. */
  text: string;
  /** Empty: all of them. */
  states: ReadonlySet<RowState>;
}

/** Order of states: failures first. */
const stateRank: Record<RowState, number> = { failed: 0, lost: 1, running: 2, queued: 3, cancelled: 4, done: 5 };

export const inOrder: Sort = { column: "index", descending: false };

/**
 * Indexes of the rows that pass the filter, in the order of the sort; rows that compare equal stay in the order of
 * their items.
 */
export class RowSelector {
  readonly #texts = new WeakMap<RowView, string>();
  #labels: { of: readonly RowView[]; ranks: Int32Array } | null = null;

  select(rows: readonly RowView[], filter: Filter, sort: Sort): number[] {
    const words = filter.text
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    const indexes: number[] = [];
    for (const row of rows) {
      if (filter.states.size > 0 && !filter.states.has(row.state)) continue;
      if (words.length > 0 && !this.#contains(row, words)) continue;
      indexes.push(row.index);
    }
    if (sort.column === "index") return sort.descending ? indexes.reverse() : indexes;
    const compare = this.#comparison(rows, sort.column);
    const sign = sort.descending ? -1 : 1;
    return indexes.sort((a, b) => {
      const [x, y] = [rows[a]!, rows[b]!];
      // Rows that have nothing to compare come last, whatever the direction.
      const nothing = Number(isEmpty(x, sort.column)) - Number(isEmpty(y, sort.column));
      return nothing || sign * compare(x, y) || a - b;
    });
  }

  #contains(row: RowView, words: readonly string[]): boolean {
    let text = this.#texts.get(row);
    if (text === undefined) {
      const note = row.cached ? t("replayed") : (row.notCached ?? "");
      text = `${row.label}\n${row.preview}\n${workerText(row)}\n${note}`.toLowerCase();
      this.#texts.set(row, text);
    }
    return words.every((word) => text.includes(word));
  }

  #comparison(rows: readonly RowView[], column: Exclude<Column, "index">): (a: RowView, b: RowView) => number {
    switch (column) {
      case "state":
        return (a, b) => stateRank[a.state] - stateRank[b.state];
      case "label": {
        const ranks = this.#labelRanks(rows);
        return (a, b) => ranks[a.index]! - ranks[b.index]!;
      }
      case "ms":
        return (a, b) => (a.ms ?? 0) - (b.ms ?? 0);
      case "pid":
        return (a, b) => (a.host === b.host ? a.pid - b.pid : (a.host ?? "") < (b.host ?? "") ? -1 : 1);
      case "attempt":
        return (a, b) => a.attempt - b.attempt;
      case "preview":
        return (a, b) => comparePreviews(a.preview, b.preview);
    }
  }

  /** Labels never change, and comparing them as people do is slow: once for each list of rows. */
  #labelRanks(rows: readonly RowView[]): Int32Array {
    if (this.#labels?.of === rows && this.#labels.ranks.length === rows.length) return this.#labels.ranks;
    const collator = new Intl.Collator(undefined, { numeric: true });
    const sorted = [...rows].sort((a, b) => collator.compare(a.label, b.label));
    const ranks = new Int32Array(rows.length);
    let rank = 0;
    sorted.forEach((row, i) => {
      if (i > 0 && row.label !== sorted[i - 1]!.label) rank++;
      ranks[row.index] = rank;
    });
    this.#labels = { of: rows, ranks };
    return ranks;
  }
}

/** Numbers by their value and before everything else. */
function comparePreviews(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const [xIs, yIs] = [!Number.isNaN(x), !Number.isNaN(y)];
  if (xIs && yIs) return x - y;
  if (xIs !== yIs) return xIs ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isEmpty(row: RowView, column: Column): boolean {
  switch (column) {
    case "ms":
      return row.ms === null;
    case "pid":
      return row.pid === 0;
    case "attempt":
      return row.startedAt === null;
    case "preview":
      return row.preview === "";
    case "index":
    case "state":
    case "label":
      return false;
  }
}
