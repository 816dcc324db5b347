import { html, nothing, render, type TemplateResult } from "lit/html.js";
import { findLinks } from "../links.js";
import type { CutText, DetailView, ErrorView, RowView } from "../messages.js";
import { formatCount } from "../format.js";
import { workerText } from "../worker-text.js";
import { tell } from "./host.js";
import { iconButton } from "./icon-button.js";
import { t } from "../../l10n.js";
import type { Store } from "./store.js";
import { items, rowTime, rowWord } from "./words.js";

/** One row in full: value, error with its stack, output as it comes. */
export class Details {
  readonly #element: HTMLElement;
  readonly #store: Store;
  readonly #close: () => void;
  #drawn: { detail: unknown; output: unknown; row: RowView | undefined; time: string; selected: number } | null = null;

  constructor(element: HTMLElement, store: Store, close: () => void) {
    this.#element = element;
    this.#store = store;
    this.#close = close;
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
    });
  }

  focus(): void {
    this.#element.querySelector<HTMLElement>("button")?.focus();
  }

  update(): void {
    const { active, rows, detailsOpen, selected } = this.#store;
    const row = active === null ? undefined : rows[active];
    this.#element.hidden = !detailsOpen || !row;
    if (!row || !detailsOpen) return;
    const detail = this.#store.detail?.index === row.index ? this.#store.detail : null;
    const output = this.#store.output?.index === row.index ? this.#store.output : null;
    const time = rowTime(row, this.#store.now());
    const old = this.#drawn;
    if (
      old &&
      old.detail === detail &&
      old.output === output &&
      old.row === row &&
      old.time === time &&
      old.selected === selected.size
    )
      return;
    this.#drawn = { detail, output, row, time, selected: selected.size };
    const atEnd = this.#element.scrollHeight - this.#element.scrollTop - this.#element.clientHeight < 40;
    const follows = row.state === "running" && old?.row?.index === row.index && atEnd;
    render(
      html`
        ${this.#header(row)}
        <p class="facts">
          <span class="state-${row.state}">${rowWord(row)}</span>
          ${time === "" ? nothing : html`<span>${time}</span>`}
          ${workerText(row) === "" ? nothing : html`<span>${t("worker {0}", workerText(row))}</span>`}
          ${row.attempt > 1 ? html`<span>${t("attempt {0}", row.attempt)}</span>` : nothing}
          ${detail?.command ? html`<span>${ending(detail.command)}</span>` : nothing}
        </p>
        ${row.notCached === undefined ? nothing : html`<p class="note">${t("Not replayed: {0}", row.notCached)}</p>`}
        ${detail ? this.#body(row, detail) : nothing}
        ${output && (output.lines.length > 0 || output.dropped > 0) ? this.#output(row.index, output) : nothing}
      `,
      this.#element,
    );
    if (follows) this.#element.scrollTop = this.#element.scrollHeight;
    else if (old?.row?.index !== row.index) this.#element.scrollTop = 0;
  }

  #header(row: RowView): TemplateResult {
    const { index } = row;
    const chosen = this.#store.selected.size > 1 ? this.#store.selection() : [index];
    const many = chosen.length > 1;
    const busy = row.state === "running" || row.state === "queued";
    return html`<div class="title">
      <h2 title=${row.file ?? row.label}>${row.label}</h2>
      <div class="actions" role="toolbar" aria-label=${t("Item")}>
        ${
          row.file === null
            ? nothing
            : iconButton("file", t("Open the file (Ctrl+Enter)"), t("Open the file"), () =>
                tell({ type: "openFile", index }),
              )
        }
        ${
          busy
            ? iconButton("stop", t("Cancel this item"), t("Cancel this item"), () =>
                tell({ type: "cancel", indexes: [index] }),
              )
            : iconButton(
                "rerun",
                many ? t("Run the selected items again: {0}", items(chosen.length)) : t("Run this item again"),
                t("Run Again"),
                () => tell({ type: "rerun", indexes: chosen }),
              )
        }
        ${iconButton(
          "copy",
          many
            ? t("Copy the selected items as JSON: {0}", items(chosen.length))
            : t("Copy as JSON (Ctrl+C in the table)"),
          t("Copy as JSON"),
          () => tell({ type: "copy", indexes: chosen }),
        )}
        ${iconButton("close", t("Close (Escape)"), t("Close the details"), this.#close)}
      </div>
    </div>`;
  }

  #body(row: RowView, detail: DetailView): TemplateResult {
    const { index } = row;
    // The heading shows it already, or the link to its file.
    const isShown = [row.label, row.file].some((shown) => detail.item.text === JSON.stringify(shown));
    return html`
      ${detail.error ? this.#error(index, detail.error) : nothing}
      ${detail.value && !detail.command ? valueSection(t("Result"), index, "value", detail.value) : nothing}
      ${
        detail.valueGone
          ? html`<p class="note">
              ${t("The server keeps a limited amount of results, and has dropped this one.")}
              ${t("Run the item again to see it.")}
            </p>`
          : nothing
      }
      ${
        row.state === "lost"
          ? html`<p class="note">
              ${t("The server ended before this item did. Whether it had an effect is not known.")}
            </p>`
          : nothing
      }
      ${isShown ? nothing : valueSection(t("Item"), index, "item", detail.item)}
    `;
  }

  #error(index: number, error: ErrorView): TemplateResult {
    return html`
      <section class="error">
        <h3>${error.type}</h3>
        <p class="message">${linked(index, error.message)}</p>
        ${error.stack ? text(index, error.stack) : nothing}
      </section>
      ${error.stderr ? section(t("Standard error"), text(index, error.stderr)) : nothing}
      ${error.facts ? section(t("More about it"), text(index, error.facts)) : nothing}
      ${
        error.cause
          ? html`<p class="note">${t("Caused by")}</p>
              ${this.#error(index, error.cause)}`
          : nothing
      }
    `;
  }

  #output(index: number, { lines, dropped }: NonNullable<Store["output"]>): TemplateResult {
    const note = t("{0} earlier lines are not kept", formatCount(dropped));
    return section(
      t("Output"),
      html` ${dropped > 0 ? html`<p class="note">${note}</p>` : nothing}
        <pre tabindex="0" aria-label=${t("Output")}>
${lines.map((line) => html`<span class=${line.stream}>${linked(index, line.text)}${"\n"}</span>`)}</pre>`,
      whole(index, "output"),
    );
  }
}

function ending({ exitCode, signal }: NonNullable<DetailView["command"]>): string {
  return signal === null ? t("exit code {0}", exitCode ?? t("unknown")) : t("ended by {0}", signal);
}

function section(
  title: string,
  body: TemplateResult,
  action: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  return html`<section>
    <h3>${title}${action}</h3>
    ${body}
  </section>`;
}

function text(index: number, { text: shown, cut }: CutText): TemplateResult {
  return html`<pre tabindex="0">${linked(index, shown)}${cut ? "…" : ""}</pre>`;
}

function whole(index: number, what: "value" | "item" | "output"): TemplateResult {
  return html`<button class="link" @click=${() => tell({ type: "openText", index, what })}>
    ${t("Open in editor")}
  </button>`;
}

/** A value's text. If it was cut, a button opens all of it. */
function valueSection(title: string, index: number, what: "value" | "item", shown: CutText): TemplateResult {
  return section(title, text(index, shown), shown.cut ? whole(index, what) : nothing);
}

/** The text, with places in files to click on. */
function linked(index: number, shown: string): unknown {
  const parts: unknown[] = [];
  let done = 0;
  for (const { start, end, place } of findLinks(shown)) {
    const open = (): void => tell({ type: "openPlace", index, place });
    const key = (event: KeyboardEvent): void => {
      if (event.key === "Enter") open();
    };
    // Not a button: those do not wrap with the text around them.
    parts.push(
      shown.slice(done, start),
      html`<span class="link" role="link" tabindex="0" title=${t("Open the file there")} @click=${open} @keydown=${key}
        >${shown.slice(start, end)}</span
      >`,
    );
    done = end;
  }
  return parts.length === 0 ? shown : [...parts, shown.slice(done)];
}
