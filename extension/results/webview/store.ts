import type { RowState } from "../../runs/run.js";
import type { DetailView, OutputLine, RowView, RunView } from "../messages.js";
import { noCounts, Pace, settled, type Counts } from "../progress.js";
import { inOrder, RowSelector, type Sort } from "../sort-filter.js";
import type { Saved } from "./host.js";

/** While a run is in progress, its rows are put in order at most this often: rows that jump cannot be read. */
const orderEveryMs = 500;

/** The state of the page. A caller that changes it calls `changed`. */
export class Store {
  run: RunView | null = null;
  gone: string | null = null;
  rows: RowView[] = [];
  counts: Counts = noCounts();
  /** How many rows were replayed. */
  #replayed = 0;
  readonly pace = new Pace();
  sort: Sort = inOrder;
  text = "";
  states = new Set<RowState>();
  /** Indexes of the rows in the table, in its order. */
  shown: number[] = [];
  /** Index of the row that has the keyboard's focus. */
  active: number | null = null;
  selected = new Set<number>();
  detailsOpen = false;
  detail: DetailView | null = null;
  output: { index: number; lines: readonly OutputLine[]; dropped: number } | null = null;
  /** Incremented with every change of a row. */
  version = 0;
  /** Extension host's clock minus ours. */
  #clockAhead = 0;
  readonly #selector = new RowSelector();
  #orderedAt = -Infinity;
  #stale = false;
  readonly #changed: () => void;

  constructor(changed: () => void, from: Partial<Saved>) {
    this.#changed = changed;
    this.sort = from.sort ?? inOrder;
    this.text = from.text ?? "";
    this.states = new Set(from.states);
    this.active = from.active ?? null;
    if (this.active !== null) this.selected.add(this.active);
    this.detailsOpen = from.detailsOpen ?? false;
  }

  changed(): void {
    this.#changed();
  }

  /** By the extension host's clock. */
  now(): number {
    return Date.now() + this.#clockAhead;
  }

  /** True as long as something of the run may still change. */
  get live(): boolean {
    return this.run !== null && (this.run.state === "running" || this.run.state === "ending");
  }

  setRun(run: RunView, now: number): void {
    if (this.run && this.run.id !== run.id) this.#reset();
    this.#clockAhead = now - Date.now();
    this.run = run;
    this.gone = null;
    if (!this.live) this.#stale = true;
    this.changed();
  }

  /** Another run is shown from now on. */
  #reset(): void {
    this.rows = [];
    this.counts = noCounts();
    this.#replayed = 0;
    this.shown = [];
    this.text = "";
    this.states = new Set();
    this.active = null;
    this.selected = new Set();
    this.detailsOpen = false;
    this.pace.clear();
    this.version++;
    this.#stale = true;
    this.#orderedAt = -Infinity;
  }

  setRows(rows: readonly RowView[]): void {
    for (const row of rows) {
      const old = this.rows[row.index];
      if (old) this.counts[old.state]--;
      this.#replayed += Number(row.cached ?? false) - Number(old?.cached ?? false);
      this.counts[row.state]++;
      this.rows[row.index] = row;
    }
    this.version++;
    this.#stale = true;
    // What is replayed tells nothing of the pace.
    this.pace.add(this.now(), settled(this.counts) - this.#replayed);
    this.changed();
  }

  setFilter(text: string, states: ReadonlySet<RowState>): void {
    this.text = text;
    this.states = new Set(states);
    this.reorder();
  }

  setSort(sort: Sort): void {
    this.sort = sort;
    this.reorder();
  }

  reorder(): void {
    this.#orderedAt = -Infinity;
    this.#stale = true;
    this.order();
    this.changed();
  }

  /** Updates `shown` if it is due. Returns false if the update is deferred. */
  order(): boolean {
    if (!this.#stale) return true;
    const free = this.sort.column === "index" && this.states.size === 0 && this.text === "";
    const at = performance.now();
    if (!free && this.live && at - this.#orderedAt < orderEveryMs) return false;
    this.shown = this.#selector.select(this.rows, { text: this.text, states: this.states }, this.sort);
    this.#orderedAt = at;
    this.#stale = false;
    return true;
  }

  /** Makes a row the active one and, unless `keep`, the only selected one. */
  activate(index: number | null, keep = false): void {
    this.active = index;
    if (!keep) this.selected = new Set(index === null ? [] : [index]);
    this.changed();
  }

  /** Selected rows that are seen, in their order; else the active one. */
  selection(): number[] {
    return this.shown.filter((index) => this.selected.has(index));
  }
}
