import { html, nothing, render } from "lit/html.js";
import type { RowState } from "../../runs/run.js";
import { formatClock, formatCount, formatPercent, formatRate } from "../format.js";
import { t } from "../../l10n.js";
import { remainingMs, settled } from "../progress.js";
import { tell } from "./host.js";
import { icon, type IconName } from "./icons.js";
import type { Store } from "./store.js";
import { items, runWord } from "./words.js";

const runIcons: Record<string, IconName> = {
  running: "running",
  ending: "running",
  done: "done",
  cancelled: "cancelled",
  halted: "failed",
  lost: "lost",
};
const barStates: readonly RowState[] = ["done", "failed", "lost", "cancelled", "running"];

/** The head of the page: the name of the run, its progress, and the buttons for all of it. */
export class Summary {
  readonly #element: HTMLElement;
  readonly #store: Store;
  /** Announces the state to screen readers, only when it changes. */
  readonly #live: HTMLElement;
  #told: string | null = null;

  constructor(element: HTMLElement, live: HTMLElement, store: Store) {
    this.#element = element;
    this.#live = live;
    this.#store = store;
  }

  /** @param utilisation Of the workers, from 0 to 1. */
  update(utilisation: number | null): void {
    const { run, counts, live } = this.#store;
    if (!run) return;
    const failing = counts.failed + counts.lost > 0;
    const shownState = run.state === "done" && failing ? "failed" : run.state;
    const share = run.total === 0 ? 1 : settled(counts) / run.total;
    render(
      html`
        <div class="title">
          <span class="state-${shownState === "ending" ? "running" : shownState}"
            >${icon(shownState === "failed" ? "failed" : (runIcons[run.state] ?? "done"), live ? "spin" : "")}</span
          >
          <h1 title=${run.name}>${run.name}</h1>
          <span class="target" title=${run.target}>${run.target === run.name ? nothing : run.target}</span>
          <div class="actions" role="toolbar" aria-label=${t("Run")}>
            ${
              live
                ? html`<button
                    class="text"
                    ?disabled=${run.state === "ending"}
                    @click=${() => tell({ type: "cancel", indexes: null })}
                  >
                    ${icon("stop")}${t("Cancel")}
                  </button>`
                : nothing
            }
            ${
              failing && !live
                ? html`<button
                    class="text"
                    title=${t("Run the items that failed once more")}
                    @click=${() => tell({ type: "rerunFailed" })}
                  >
                    ${icon("rerun")}${t("Re-run Failed")}
                  </button>`
                : nothing
            }
            <button
              class="text"
              title=${t("Copy all as JSON: {0}", items(run.total))}
              @click=${() => tell({ type: "copy", indexes: null })}
            >
              ${icon("copy")}${t("Copy as JSON")}
            </button>
          </div>
        </div>
        <div
          class="bar"
          role="progressbar"
          aria-label=${t("Items that are settled")}
          aria-valuemin="0"
          aria-valuemax=${run.total}
          aria-valuenow=${settled(counts)}
          aria-valuetext=${t("{0} of {1}", settled(counts), run.total)}
        >
          ${barStates.map((state) => {
            const percent = run.total === 0 ? 0 : (100 * counts[state]) / run.total;
            return html`<div class="part fill-${state}" .style=${`width: ${percent}%`}></div>`;
          })}
        </div>
        <p class="facts">${this.#facts(share, utilisation).map((fact) => html`<span>${fact}</span>`)}</p>
      `,
      this.#element,
    );
    this.#tell();
  }

  #facts(share: number, utilisation: number | null): string[] {
    const { run, counts, live, pace } = this.#store;
    if (!run) return [];
    const now = this.#store.now();
    const end = run.endedAt ?? now;
    const facts = [
      live
        ? t("{0} of {1} ({2})", formatCount(settled(counts)), items(run.total), formatPercent(share))
        : `${runWord(run.state)}: ${items(run.total)}`,
    ];
    const replayed = run.cached ?? 0;
    if (replayed > 0) facts.push(t("{0} replayed", formatCount(replayed)));
    if (counts.failed > 0) facts.push(t("{0} failed", formatCount(counts.failed)));
    if (counts.lost > 0) facts.push(t("{0} lost", formatCount(counts.lost)));
    if (counts.cancelled > 0) facts.push(t("{0} cancelled", formatCount(counts.cancelled)));
    const elapsed = Math.max(0, end - run.startedAt);
    // Items that never began do not count as work.
    const worked = counts.done + counts.failed - replayed;
    const overall = elapsed > 500 && worked > 0 ? (1000 * worked) / elapsed : null;
    const rate = live ? (pace.rate(now) ?? overall) : overall;
    if (rate !== null) facts.push(formatRate(rate));
    facts.push(
      live
        ? t("{0} so far", formatClock(elapsed))
        : t("took {0}", elapsed < 10_000 ? `${(elapsed / 1000).toFixed(1)} s` : formatClock(elapsed)),
    );
    const left = remainingMs(counts.queued + counts.running, rate);
    if (live && run.state === "running" && left !== null) facts.push(t("about {0} left", formatClock(left)));
    if (utilisation !== null && elapsed > 0 && run.processes !== null)
      facts.push(
        t(
          run.processes === 1 ? "{0} process, {1} busy" : "{0} processes, {1} busy",
          run.processes,
          formatPercent(utilisation),
        ),
      );
    return facts;
  }

  #tell(): void {
    const { run, counts, live } = this.#store;
    const text =
      run && !live
        ? t(
            "{0}. {1} done, {2} failed, {3} cancelled, {4} lost.",
            runWord(run.state),
            items(counts.done),
            counts.failed,
            counts.cancelled,
            counts.lost,
          ) + (run.cached ? ` ${t("{0} replayed", formatCount(run.cached))}.` : "")
        : "";
    if (this.#told === text) return;
    this.#told = text;
    this.#live.textContent = text;
  }
}
