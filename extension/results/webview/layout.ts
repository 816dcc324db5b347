import { html, render } from "lit/html.js";
import { formatPercent } from "../format.js";
import { t } from "../../l10n.js";
import type { Saved } from "./host.js";
import { iconButton } from "./icon-button.js";
import { icon } from "./icons.js";
import { splitter } from "./splitter.js";
import type { Store } from "./store.js";

export interface LayoutActions {
  toggled(): void;
  zoomIn(): void;
  zoomOut(): void;
  fit(): void;
  /** The height at which the timeline shows all lanes. */
  naturalTimeline(): number;
}

/** Below this width the details stand under the table; styles/page.css says the same. */
const narrow = 760;
const leastTimeline = 42;
const leastDetails = 120;

/** The parts of the page, their places and their sizes. */
export class Layout {
  readonly summary: HTMLElement;
  readonly lanes: HTMLElement;
  readonly tip: HTMLElement;
  readonly toolbar: HTMLElement;
  readonly grid: HTMLElement;
  readonly details: HTMLElement;
  readonly live: HTMLElement;
  readonly #page: HTMLElement;
  readonly #actions: LayoutActions;
  readonly #timelineHead: HTMLElement;
  #timelineOpen: boolean;
  /** Pixels; null: as much as fits. */
  #timelineSize: number | null;
  #detailsSize: number | null;

  constructor(before: Partial<Saved>, actions: LayoutActions) {
    this.#actions = actions;
    this.#timelineOpen = before.timelineOpen ?? true;
    this.#timelineSize = before.timelineSize ?? null;
    this.#detailsSize = before.detailsSize ?? null;
    const page = document.getElementById("page")!;
    this.#page = page;
    render(
      html`
        <header class="summary"></header>
        <section class="timeline">
          <div class="timeline-head"></div>
          <div class="lanes" tabindex="0" role="application" aria-roledescription=${t("timeline")}></div>
        </section>
        <div class="splitter of-timeline"></div>
        <div class="toolbar"></div>
        <div class="split">
          <div
            class="grid"
            role="grid"
            tabindex="0"
            aria-label=${t("Items")}
            aria-multiselectable="true"
            aria-colcount="7"
          ></div>
          <div class="splitter of-details"></div>
          <aside class="details" aria-label=${t("Details of the item")} tabindex="-1" hidden></aside>
        </div>
        <div class="tip" role="status" hidden></div>
        <div class="unseen" aria-live="polite"></div>
        <div class="gone" role="alert" hidden></div>
      `,
      page,
    );
    const part = (selector: string): HTMLElement => page.querySelector<HTMLElement>(selector)!;
    this.summary = part(".summary");
    this.#timelineHead = part(".timeline-head");
    this.lanes = part(".lanes");
    this.toolbar = part(".toolbar");
    this.grid = part(".grid");
    this.details = part(".details");
    this.tip = part(".tip");
    this.live = part(".unseen");
    this.#listen(part(".splitter.of-timeline"), part(".splitter.of-details"));
  }

  #listen(ofTimeline: HTMLElement, ofDetails: HTMLElement): void {
    splitter({
      handle: ofTimeline,
      label: t("Height of the timeline"),
      axis: () => "y",
      direction: 1,
      size: () => this.lanes.clientHeight,
      resize: (size) => {
        this.#timelineSize = size === null ? null : Math.max(leastTimeline, size);
        this.#actions.toggled();
      },
    });
    splitter({
      handle: ofDetails,
      label: t("Size of the details"),
      axis: () => (this.#page.clientWidth < narrow ? "y" : "x"),
      direction: -1,
      size: () => (this.#page.clientWidth < narrow ? this.details.offsetHeight : this.details.offsetWidth),
      resize: (size) => {
        this.#detailsSize = size === null ? null : Math.max(leastDetails, size);
        this.#actions.toggled();
      },
    });
    new ResizeObserver(() => this.#actions.toggled()).observe(this.#page);
  }

  openTimeline(): void {
    this.#timelineOpen = true;
    this.#actions.toggled();
  }

  showGone(text: string): void {
    const gone = this.#page.querySelector<HTMLElement>(".gone")!;
    gone.textContent = text;
    gone.hidden = false;
    this.#page.classList.add("is-gone");
  }

  sizes(): Pick<Saved, "timelineOpen" | "timelineSize" | "detailsSize"> {
    return { timelineOpen: this.#timelineOpen, timelineSize: this.#timelineSize, detailsSize: this.#detailsSize };
  }

  update(store: Store, utilisation: number): void {
    const open = this.#timelineOpen;
    this.#page.classList.toggle("timeline-closed", !open);
    this.#page.classList.toggle("details-open", store.detailsOpen && store.active !== null);
    this.lanes.style.setProperty("height", `${this.#timelineSize ?? this.#actions.naturalTimeline()}px`);
    if (this.#detailsSize === null) this.#page.style.removeProperty("--details");
    else this.#page.style.setProperty("--details", `${this.#detailsSize}px`);
    const toggle = (): void => {
      this.#timelineOpen = !open;
      this.#actions.toggled();
    };
    render(
      html`
        <button class="heading" aria-expanded=${open} @click=${toggle}>
          ${icon(open ? "chevronDown" : "chevronRight")}${t("Timeline")}
        </button>
        <span class="faint"
          >${store.run && store.rows.length > 0 ? t("{0} busy", formatPercent(utilisation)) : ""}</span
        >
        <div class="actions" role="toolbar" aria-label=${t("Timeline")} ?hidden=${!open}>
          ${iconButton("zoomOut", t("Zoom out (-)"), t("Zoom out"), this.#actions.zoomOut)}
          ${iconButton("zoomIn", t("Zoom in (+)"), t("Zoom in"), this.#actions.zoomIn)}
          ${iconButton("fit", t("Show all of the time (0)"), t("Show all of the time"), this.#actions.fit)}
        </div>
      `,
      this.#timelineHead,
    );
  }
}
