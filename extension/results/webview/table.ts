import { html, nothing, render, type TemplateResult } from "lit/html.js";
import type { RowView } from "../messages.js";
import type { Column } from "../sort-filter.js";
import { formatCount } from "../format.js";
import { workerText } from "../worker-text.js";
import { icon } from "./icons.js";
import { t } from "../../l10n.js";
import type { Store } from "./store.js";
import { rowTime, rowWord } from "./words.js";

/** Pixels; styles/table.css says the same. */
const rowHeight = 22;
const headHeight = 24;
/** Rows that are drawn outside of the visible part, so that scrolling shows no gap. */
const beyond = 8;

interface Heading {
  column: Column;
  title: string;
  hint: string;
}

function headings(): Heading[] {
  return [
    { column: "index", title: "#", hint: t("Position of the item") },
    { column: "state", title: t("State"), hint: t("State") },
    { column: "label", title: t("Item"), hint: t("Item") },
    { column: "ms", title: t("Duration"), hint: t("How long it ran") },
    { column: "pid", title: t("Worker"), hint: t("Process that ran it") },
    { column: "attempt", title: t("Try"), hint: t("Which attempt this is") },
    { column: "preview", title: t("Result"), hint: t("Result or error") },
  ];
}

/** Draws the rows that are in view. The other rows only count for the height. */
export class Table {
  readonly #grid: HTMLElement;
  readonly #store: Store;

  constructor(grid: HTMLElement, store: Store) {
    this.#grid = grid;
    this.#store = store;
    grid.addEventListener("scroll", () => store.changed(), { passive: true });
  }

  get scrollTop(): number {
    return this.#grid.scrollTop;
  }

  focus(): void {
    this.#grid.focus();
    if (this.#store.active === null && this.#store.shown.length > 0) this.#store.activate(this.#store.shown[0]!);
  }

  /** Scrolls as little as needed to show the active row. */
  reveal(): void {
    const position = this.#store.shown.indexOf(this.#store.active ?? -1);
    if (position < 0) return;
    const top = position * rowHeight;
    const room = this.#grid.clientHeight - headHeight;
    // The head covers the rows below it.
    if (top < this.#grid.scrollTop) this.#grid.scrollTop = top;
    else if (top + rowHeight > this.#grid.scrollTop + room) this.#grid.scrollTop = top + rowHeight - room;
  }

  scrollTo(top: number): void {
    this.#grid.scrollTop = top;
  }

  /** Rows of a page, for Page Up and Page Down. */
  get page(): number {
    return Math.max(1, Math.floor((this.#grid.clientHeight - headHeight) / rowHeight) - 1);
  }

  update(): void {
    const { shown, rows, active } = this.#store;
    const first = Math.max(0, Math.floor(this.#grid.scrollTop / rowHeight) - beyond);
    const last = Math.min(
      shown.length,
      Math.ceil((this.#grid.scrollTop + this.#grid.clientHeight) / rowHeight) + beyond,
    );
    const now = this.#store.now();
    const drawn: TemplateResult[] = [];
    for (let position = first; position < last; position++)
      drawn.push(this.#row(rows[shown[position]!]!, position, now));
    this.#grid.classList.toggle("on-cluster", this.#store.run?.isOnCluster === true);
    this.#grid.ariaRowCount = String(shown.length + 1);
    const isDrawn = active !== null && shown.indexOf(active, first) >= 0 && shown.indexOf(active, first) < last;
    // The attribute may only name an element that exists, and a row out of view does not.
    if (isDrawn) this.#grid.setAttribute("aria-activedescendant", `row-${active}`);
    else this.#grid.removeAttribute("aria-activedescendant");
    // Styles are set as properties: the page's security policy forbids the attribute.
    render(
      html`
        <div class="head" role="rowgroup">
          <div role="row" class="row" aria-rowindex="1">${headings().map((heading) => this.#heading(heading))}</div>
        </div>
        <div class="space" role="rowgroup" .style=${`height: ${shown.length * rowHeight}px`}>
          <div class="window" role="presentation" .style=${`transform: translateY(${first * rowHeight}px)`}>
            ${drawn}
          </div>
        </div>
        ${shown.length === 0 ? html`<p class="empty">${this.#emptyText()}</p>` : nothing}
      `,
      this.#grid,
    );
  }

  #emptyText(): string {
    const { run, rows } = this.#store;
    if (rows.length > 0) return t("No row passes the filter. Escape shows all of them.");
    return run?.total === 0 ? t("This run has no items.") : "";
  }

  #heading({ column, title, hint }: Heading): TemplateResult {
    const { sort } = this.#store;
    const sorted = sort.column === column;
    return html`<div
      role="columnheader"
      class="cell ${column}"
      aria-sort=${sorted ? (sort.descending ? "descending" : "ascending") : "none"}
    >
      <button title=${t("{0}; click to sort", hint)} @click=${() => this.#sortBy(column)}>
        <span>${title}</span>${sorted ? icon(sort.descending ? "down" : "up") : nothing}
      </button>
    </div>`;
  }

  /** Upwards, downwards, and back to the order of the items. */
  #sortBy(column: Column): void {
    const { sort } = this.#store;
    if (sort.column !== column) this.#store.setSort({ column, descending: false });
    else if (!sort.descending) this.#store.setSort({ column, descending: true });
    else this.#store.setSort({ column: "index", descending: false });
    this.reveal();
  }

  #row(row: RowView, position: number, now: number): TemplateResult {
    const { active, selected } = this.#store;
    const classes = `row ${row.index === active ? "active" : ""} ${selected.has(row.index) ? "selected" : ""}`;
    const context = JSON.stringify({
      webviewSection: "row",
      index: row.index,
      hasFile: row.file !== null,
      unsettled: row.state === "queued" || row.state === "running",
      isFunction: this.#store.run?.kind === "function",
      preventDefaultContextMenuItems: true,
    });
    return html`<div
      role="row"
      class=${classes}
      id="row-${row.index}"
      data-index=${row.index}
      data-vscode-context=${context}
      aria-rowindex=${position + 2}
      aria-selected=${selected.has(row.index)}
    >
      <div role="gridcell" class="cell index">${formatCount(row.index + 1)}</div>
      <div role="gridcell" class="cell state state-${row.state}" aria-label=${rowWord(row)} title=${rowWord(row)}>
        ${icon(row.cached ? "replayed" : row.state, row.state === "running" ? "spin" : "")}
      </div>
      <div role="gridcell" class="cell label" title=${row.file ?? row.label}>${row.label}</div>
      <div role="gridcell" class="cell ms">${rowTime(row, now)}</div>
      <div role="gridcell" class="cell pid" title=${workerText(row)}>${workerText(row)}</div>
      <div role="gridcell" class="cell attempt">${row.startedAt === null ? "" : row.attempt}</div>
      <div
        role="gridcell"
        class="cell preview ${row.state === "failed" || row.state === "lost" ? "bad" : ""}"
        title=${row.preview}
      >
        ${
          row.fraction === null
            ? nothing
            : html`<span class="bar" role="presentation"><span .style=${`width: ${row.fraction * 100}%`}></span></span>`
        }${row.preview}
      </div>
    </div>`;
  }
}
