import { html, nothing, render } from "lit/html.js";
import type { RowState } from "../../runs/run.js";
import { formatClock, formatCount, formatPercent, formatRate } from "../format.js";
import { remainingMs, settled } from "../progress.js";
import { tell } from "./host.js";
import { icon, type IconName } from "./icons.js";
import type { Store } from "./store.js";
import { items, runWords } from "./words.js";

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
          <div class="actions" role="toolbar" aria-label="Run">
            ${
              live
                ? html`<button
                    class="text"
                    ?disabled=${run.state === "ending"}
                    @click=${() => tell({ type: "cancel", indexes: null })}
                  >
                    ${icon("stop")}Cancel
                  </button>`
                : nothing
            }
            ${
              failing && !live
                ? html`<button
                    class="text"
                    title="Run the items that failed once more"
                    @click=${() => tell({ type: "rerunFailed" })}
                  >
                    ${icon("rerun")}Re-run Failed
                  </button>`
                : nothing
            }
            <button
              class="text"
              title="Copy all ${items(run.total)} as JSON"
              @click=${() => tell({ type: "copy", indexes: null })}
            >
              ${icon("copy")}Copy as JSON
            </button>
          </div>
        </div>
        <div
          class="bar"
          role="progressbar"
          aria-label="Items that are settled"
          aria-valuemin="0"
          aria-valuemax=${run.total}
          aria-valuenow=${settled(counts)}
          aria-valuetext=${`${settled(counts)} of ${run.total}`}
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
        ? `${formatCount(settled(counts))} of ${items(run.total)} (${formatPercent(share)})`
        : `${runWords[run.state]}: ${items(run.total)}`,
    ];
    if (counts.failed > 0) facts.push(`${formatCount(counts.failed)} failed`);
    if (counts.lost > 0) facts.push(`${formatCount(counts.lost)} lost`);
    if (counts.cancelled > 0) facts.push(`${formatCount(counts.cancelled)} cancelled`);
    const elapsed = Math.max(0, end - run.startedAt);
    // Items that never began do not count as work.
    const worked = counts.done + counts.failed;
    const overall = elapsed > 500 && worked > 0 ? (1000 * worked) / elapsed : null;
    const rate = live ? (pace.rate(now) ?? overall) : overall;
    if (rate !== null) facts.push(formatRate(rate));
    facts.push(
      live
        ? `${formatClock(elapsed)} so far`
        : `took ${elapsed < 10_000 ? `${(elapsed / 1000).toFixed(1)} s` : formatClock(elapsed)}`,
    );
    const left = remainingMs(counts.queued + counts.running, rate);
    if (live && run.state === "running" && left !== null) facts.push(`about ${formatClock(left)} left`);
    if (utilisation !== null && elapsed > 0)
      facts.push(
        `${run.processes === 1 ? "1 process" : `${run.processes} processes`}, ${formatPercent(utilisation)} busy`,
      );
    return facts;
  }

  #tell(): void {
    const { run, counts, live } = this.#store;
    const text =
      run && !live
        ? `${runWords[run.state]}. ${items(counts.done)} done, ${counts.failed} failed, ${counts.cancelled} ` +
          `cancelled, ${counts.lost} lost.`
        : "";
    if (this.#told === text) return;
    this.#told = text;
    this.#live.textContent = text;
  }
}
