import { html, nothing, render } from "lit/html.js";
import type { Block } from "../timeline-layout.js";
import { formatMs } from "../format.js";
import { workerText } from "../worker-text.js";
import { t } from "../../l10n.js";
import type { Store } from "./store.js";
import { stateWord } from "./words.js";

/** The details of the block at the pointer; a screen reader reads them when the keyboard moves. */
export class TimelineTip {
  readonly #element: HTMLElement;
  readonly #store: Store;

  constructor(element: HTMLElement, store: Store) {
    this.#element = element;
    this.#store = store;
  }

  /** Beside a point of the page, moved so that it can be read whole. */
  show(block: Block, x: number, y: number): void {
    const row = this.#store.rows[block.index];
    if (!row) return;
    const from = block.from - (this.#store.run?.startedAt ?? block.from);
    render(
      html`
        <b>${row.label}</b>
        <span class="state-${row.state}">${stateWord(row.state)}</span>
        ${t("{0}, from {1} on, in {2}", formatMs(block.to - block.from), formatMs(Math.max(0, from)), workerText(row))}
        ${row.preview === "" ? nothing : html`<div class="preview">${row.preview}</div>`}
      `,
      this.#element,
    );
    this.#element.hidden = false;
    const { offsetWidth, offsetHeight } = this.#element;
    const top = y + 4 + offsetHeight > innerHeight ? y - 28 - offsetHeight : y + 4;
    this.#element.style.setProperty("left", `${Math.max(4, Math.min(x, innerWidth - offsetWidth - 8))}px`);
    this.#element.style.setProperty("top", `${Math.max(4, top)}px`);
  }

  hide(): void {
    this.#element.hidden = true;
  }
}
