import { html, nothing, render } from "lit/html.js";
import { live } from "lit/directives/live.js";
import type { RowState } from "../../runs/run.js";
import { formatCount } from "../format.js";
import { iconButton } from "./icon-button.js";
import { icon } from "./icons.js";
import { t } from "../../l10n.js";
import type { Store } from "./store.js";
import { items, states, stateWord } from "./words.js";

/** The filter of the rows: words, and states with their counts. */
export class Toolbar {
  readonly #element: HTMLElement;
  readonly #store: Store;
  /** Moves the focus back to the table. */
  readonly #leave: () => void;

  constructor(element: HTMLElement, store: Store, leave: () => void) {
    this.#element = element;
    this.#store = store;
    this.#leave = leave;
  }

  /** Takes the focus, and inserts the character that was typed in the table. */
  type(character: string): void {
    const input = this.#element.querySelector("input")!;
    input.focus();
    if (character === "") return input.select();
    this.#store.setFilter(this.#store.text + character, this.#store.states);
  }

  update(): void {
    const { text, counts, states: chosen, rows, shown } = this.#store;
    const narrowed = text !== "" || chosen.size > 0;
    render(
      html`
        <div class="filter">
          ${icon("filter")}
          <input
            type="text"
            placeholder=${t("Filter (item, result, error, pid)")}
            aria-label=${t("Filter rows")}
            spellcheck="false"
            .value=${live(text)}
            @input=${(event: InputEvent) => this.#store.setFilter((event.target as HTMLInputElement).value, chosen)}
            @keydown=${(event: KeyboardEvent) => this.#key(event)}
          />
          ${
            text === ""
              ? nothing
              : iconButton("close", t("Clear (Escape)"), t("Clear the filter"), () => this.#store.setFilter("", chosen))
          }
        </div>
        <div class="chips" role="group" aria-label=${t("States")}>
          ${states
            .filter((state) => counts[state] > 0 || chosen.has(state))
            .map(
              (state) =>
                html` <button
                  class="chip"
                  aria-pressed=${chosen.has(state)}
                  title=${t("Show only these; click again for all")}
                  @click=${() => this.#toggle(state)}
                >
                  <span class="dot fill-${state}"></span>${stateWord(state)} <b>${formatCount(counts[state])}</b>
                </button>`,
            )}
        </div>
        <span class="found" role="status"
          >${narrowed ? t("{0} of {1}", formatCount(shown.length), items(rows.length)) : ""}</span
        >
      `,
      this.#element,
    );
  }

  #toggle(state: RowState): void {
    const chosen = new Set(this.#store.states);
    if (!chosen.delete(state)) chosen.add(state);
    this.#store.setFilter(this.#store.text, chosen);
  }

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.#store.text !== "") this.#store.setFilter("", this.#store.states);
    else if (event.key === "Escape" || event.key === "ArrowDown" || event.key === "Enter") this.#leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
