import { formatPercent } from "../format.js";
import { layOut, pan, reveal, zoom, type Block, type Timeline as Layout, type Window } from "../timeline-layout.js";
import { settled } from "../progress.js";
import { t } from "../../l10n.js";
import type { Store } from "./store.js";
import { watchTheme, theme } from "./theme.js";
import { TimelineInput } from "./timeline-input.js";
import { geometry, paint } from "./timeline-paint.js";
import { TimelineTip } from "./timeline-tip.js";

/** Laying out takes at most this share of the time. */
const layoutShare = 0.1;
/** Most empty lanes that are shown for idle workers. More of them would add no information. */
const maxIdleLanes = 64;

/** Workers against time, on a canvas. The table says the same in words. */
export class Timeline {
  readonly lanes: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  readonly #space: HTMLElement;
  readonly #store: Store;
  readonly #tip: TimelineTip;
  #layout: Layout = { from: 0, to: 1, lanes: [], utilisation: 0 };
  #laidOut: { version: number; at: number; tookMs: number; live: boolean } = {
    version: -1,
    at: -Infinity,
    tookMs: 0,
    live: true,
  };
  /** Null: the whole time, which grows. */
  #window: Window | null = null;
  /** The window ends at the run's current time, and moves with it. */
  #follows = false;
  #hovered: Block | null = null;
  #dirty = true;

  constructor(lanes: HTMLElement, tip: HTMLElement, store: Store, choose: (index: number) => void) {
    this.lanes = lanes;
    this.#store = store;
    this.#space = lanes.appendChild(document.createElement("div"));
    this.#canvas = lanes.appendChild(document.createElement("canvas"));
    this.#canvas.ariaHidden = "true";
    this.#tip = new TimelineTip(tip, store);
    new TimelineInput(this, choose).listen();
    lanes.addEventListener("scroll", () => this.redraw(), { passive: true });
    new ResizeObserver(() => this.redraw()).observe(lanes);
    watchTheme(() => this.redraw());
  }

  get layout(): Layout {
    return this.#layout;
  }

  get utilisation(): number | null {
    return settled(this.#store.counts) + this.#store.counts.running > 0 ? this.#layout.utilisation : null;
  }

  get hovered(): Block | null {
    return this.#hovered;
  }

  get zoomed(): boolean {
    return this.#window !== null;
  }

  get window(): Window {
    return this.#window ?? this.whole;
  }

  /** Never of length 0, because it is a divisor. */
  get whole(): Window {
    const { from, to } = this.#layout;
    return { from, to: Math.max(to, from + 1) };
  }

  /** Width of the part that shows time, in pixels. */
  get width(): number {
    return Math.max(1, this.lanes.clientWidth - geometry.gutter);
  }

  /** The height at which all lanes are visible. */
  get naturalHeight(): number {
    return geometry.axis + this.#layout.lanes.length * geometry.lane + 6;
  }

  redraw(): void {
    this.#dirty = true;
    this.#store.changed();
  }

  zoomBy(factor: number, at?: number): void {
    const window = this.window;
    this.#look(zoom(window, this.whole, factor, at ?? (window.from + window.to) / 2));
  }

  panBy(ms: number): void {
    if (this.#window) this.#look(pan(this.#window, this.whole, ms));
  }

  /** Shows this part of the time. */
  show(window: Window): void {
    this.#look(zoom(window, this.whole, 1, (window.from + window.to) / 2));
  }

  fit(): void {
    this.#window = null;
    this.redraw();
  }

  #look(window: Window): void {
    const { whole } = this;
    const all = window.to - window.from >= (whole.to - whole.from) * 0.999;
    this.#window = all ? null : window;
    this.#follows = window.to >= whole.to - 1;
    this.redraw();
  }

  /** Highlights a block, and shows a tooltip for it. */
  hover(block: Block | null, lane: number): void {
    if (block?.index === this.#hovered?.index && block?.pid === this.#hovered?.pid) return;
    this.#hovered = block;
    if (block === null) this.#tip.hide();
    else {
      const box = this.lanes.getBoundingClientRect();
      const { from, to } = this.window;
      const x = box.left + geometry.gutter + ((Math.max(block.from, from) - from) / (to - from)) * this.width;
      this.#tip.show(block, x, box.top + geometry.axis + (lane + 1) * geometry.lane - this.lanes.scrollTop);
    }
    this.redraw();
  }

  /** Brings a block into view, in time and in height. */
  reveal(block: Block, lane: number): void {
    if (this.#window) this.#look(reveal(this.#window, this.whole, block));
    const top = lane * geometry.lane;
    const room = this.lanes.clientHeight - geometry.axis - geometry.lane;
    this.lanes.scrollTop = Math.min(top, Math.max(this.lanes.scrollTop, top - room));
  }

  /** The block of an item, with its lane. */
  find(index: number): { block: Block; lane: number } | null {
    for (const [lane, { blocks }] of this.#layout.lanes.entries()) {
      const block = blocks.find((candidate) => candidate.index === index);
      if (block) return { block, lane };
    }
    return null;
  }

  /** Brings the layout up to date; also when nothing is drawn, since the summary shows the utilisation. */
  measure(): void {
    const { run, live, version } = this.#store;
    if (!run) return;
    const at = performance.now();
    const last = this.#laidOut;
    if (last.version === version && last.live === live && (!live || at - last.at < 200)) return;
    if (live && at - last.at < last.tookMs / layoutShare) return;
    const wasEnd = this.whole.to;
    const to = Math.max(run.startedAt + 1, run.endedAt ?? this.#store.now());
    this.#layout = layOut(this.#store.rows, {
      from: run.startedAt,
      to,
      workers: run.isOnCluster ? 0 : Math.min(run.processes ?? 0, run.total, maxIdleLanes),
    });
    if (this.#window && this.#follows && live) this.#window = pan(this.#window, this.whole, this.whole.to - wasEnd);
    this.#laidOut = { version, at, live, tookMs: performance.now() - at };
    this.#dirty = true;
  }

  update(): void {
    const busy = formatPercent(this.#layout.utilisation);
    this.lanes.ariaLabel = [
      t("Timeline of {0} workers, {1} busy.", this.#layout.lanes.length, busy),
      t("Arrows go from item to item, plus and minus zoom, 0 shows all, Enter shows the item in the table."),
    ].join(" ");
    if (!this.#dirty || this.lanes.clientHeight === 0) return;
    this.#dirty = false;
    const { clientWidth: width, clientHeight: height } = this.lanes;
    this.#space.style.setProperty("height", `${this.naturalHeight}px`);
    const ratio = devicePixelRatio;
    const canvas = this.#canvas;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.setProperty("width", `${width}px`);
      canvas.style.setProperty("height", `${height}px`);
    }
    const context = canvas.getContext("2d")!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const { rows, selected } = this.#store;
    paint(context, {
      timeline: this.#layout,
      window: this.window,
      width,
      height,
      top: this.lanes.scrollTop,
      theme: theme(),
      hovered: this.#hovered,
      selected,
      labelOf: (index) => rows[index]?.label ?? "",
    });
  }
}
