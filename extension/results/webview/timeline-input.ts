import { blockAt, firstAfter, type Block } from "../timeline-layout.js";
import type { Timeline } from "./timeline.js";
import { geometry } from "./timeline-paint.js";

/** Pixels by which the pointer may miss a block. */
const tolerance = 4;
/** Pixels that the pointer moves before it drags. */
const dragFrom = 4;

/** Mouse, touchpad and keyboard of the timeline. */
export class TimelineInput {
  readonly #timeline: Timeline;
  readonly #choose: (index: number) => void;
  /** The lane that the arrow keys are in. */
  #lane = 0;

  constructor(timeline: Timeline, choose: (index: number) => void) {
    this.#timeline = timeline;
    this.#choose = choose;
  }

  listen(): void {
    const { lanes } = this.#timeline;
    lanes.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    lanes.addEventListener("pointerdown", (event) => this.#press(event));
    lanes.addEventListener("pointermove", (event) => {
      if (event.buttons === 0) this.#point(event);
    });
    lanes.addEventListener("pointerleave", () => this.#timeline.hover(null, 0));
    lanes.addEventListener("blur", () => this.#timeline.hover(null, 0));
    lanes.addEventListener("dblclick", (event) => {
      const hit = this.#hit(event);
      if (!hit) return this.#timeline.fit();
      const length = Math.max(hit.block.to - hit.block.from, 1);
      this.#timeline.show({ from: hit.block.from - length / 4, to: hit.block.to + length / 4 });
    });
    lanes.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !this.#key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  /** The time under the pointer. */
  #timeAt(event: MouseEvent): number {
    const { window, width, lanes } = this.#timeline;
    const x = event.clientX - lanes.getBoundingClientRect().left - geometry.gutter;
    return window.from + (x / width) * (window.to - window.from);
  }

  #hit(event: MouseEvent): { block: Block; lane: number } | null {
    const { lanes, layout, window, width } = this.#timeline;
    const box = lanes.getBoundingClientRect();
    const y = event.clientY - box.top - geometry.axis;
    if (y < 0 || event.clientX - box.left < geometry.gutter - tolerance) return null;
    const lane = Math.floor((y + lanes.scrollTop) / geometry.lane);
    const block = blockAt(
      layout.lanes[lane]?.blocks ?? [],
      this.#timeAt(event),
      (tolerance * (window.to - window.from)) / width,
    );
    return block ? { block, lane } : null;
  }

  #point(event: MouseEvent): void {
    const hit = this.#hit(event);
    this.#timeline.lanes.style.setProperty("cursor", hit ? "pointer" : this.#timeline.zoomed ? "grab" : "default");
    this.#timeline.hover(hit?.block ?? null, hit?.lane ?? 0);
  }

  /** A pinch arrives as a wheel event with Ctrl. A plain wheel scrolls if the lanes do not fit, and zooms otherwise. */
  #wheel(event: WheelEvent): void {
    const { lanes, window, width } = this.#timeline;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const scrolls = lanes.scrollHeight > lanes.clientHeight + 1;
    const sideways = event.shiftKey
      ? event.deltaY || event.deltaX
      : Math.abs(event.deltaX) > Math.abs(event.deltaY)
        ? event.deltaX
        : 0;
    if (sideways !== 0 && !event.ctrlKey) {
      this.#timeline.panBy((sideways * unit * (window.to - window.from)) / width);
    } else if (event.ctrlKey || event.metaKey || !scrolls) {
      this.#timeline.zoomBy(Math.exp((-event.deltaY * unit) / (event.ctrlKey ? 100 : 400)), this.#timeAt(event));
    } else {
      return;
    }
    event.preventDefault();
    this.#timeline.hover(null, 0);
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const { lanes } = this.#timeline;
    const start = { x: event.clientX, y: event.clientY, top: lanes.scrollTop };
    let last = event.clientX;
    let dragging = false;
    lanes.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent): void => {
      dragging ||= Math.hypot(moved.clientX - start.x, moved.clientY - start.y) > dragFrom;
      if (!dragging) return;
      lanes.style.setProperty("cursor", "grabbing");
      const { window, width } = this.#timeline;
      this.#timeline.hover(null, 0);
      this.#timeline.panBy(((last - moved.clientX) * (window.to - window.from)) / width);
      lanes.scrollTop = start.top + start.y - moved.clientY;
      last = moved.clientX;
    };
    const up = (end: PointerEvent): void => {
      lanes.removeEventListener("pointermove", move);
      lanes.removeEventListener("pointerup", up);
      lanes.removeEventListener("pointercancel", up);
      const hit = dragging || end.type === "pointercancel" ? null : this.#hit(end);
      if (hit) {
        this.#lane = hit.lane;
        this.#choose(hit.block.index);
      }
      this.#point(end);
    };
    lanes.addEventListener("pointermove", move);
    lanes.addEventListener("pointerup", up);
    lanes.addEventListener("pointercancel", up);
  }

  #key(event: KeyboardEvent): boolean {
    const timeline = this.#timeline;
    const { window, hovered } = timeline;
    const at = hovered ? (hovered.from + hovered.to) / 2 : undefined;
    const step = (window.to - window.from) / 8;
    switch (event.key) {
      case "+":
      case "=":
        timeline.zoomBy(1.5, at);
        break;
      case "-":
      case "_":
        timeline.zoomBy(1 / 1.5, at);
        break;
      case "0":
        timeline.fit();
        break;
      case "ArrowLeft":
      case "ArrowRight": {
        const by = event.key === "ArrowLeft" ? -1 : 1;
        if (event.shiftKey) timeline.panBy(by * step);
        else this.#step(by);
        return true;
      }
      case "ArrowUp":
        this.#change(-1);
        return true;
      case "ArrowDown":
        this.#change(1);
        return true;
      case "Home":
        this.#goTo(this.#lane, 0);
        return true;
      case "End":
        this.#goTo(this.#lane, Infinity);
        return true;
      case "Enter":
        if (hovered) this.#choose(hovered.index);
        return hovered !== null;
      case "Escape":
        if (!hovered && !timeline.zoomed) return false;
        if (hovered) timeline.hover(null, 0);
        else timeline.fit();
        return true;
      default:
        return false;
    }
    // The block has moved, and the tip has not.
    timeline.hover(null, 0);
    return true;
  }

  /** To the next item of this worker, or the one before. */
  #step(by: 1 | -1): void {
    const { hovered, layout, window } = this.#timeline;
    const blocks = layout.lanes[this.#lane]?.blocks ?? [];
    const at = hovered ? blocks.findIndex((block) => block.index === hovered.index) : -1;
    this.#goTo(this.#lane, at >= 0 ? at + by : firstAfter(blocks, window.from));
  }

  /** To what another worker did at the same time. */
  #change(by: 1 | -1): void {
    const { hovered, layout, window } = this.#timeline;
    const lane = Math.max(0, Math.min(layout.lanes.length - 1, hovered ? this.#lane + by : this.#lane));
    this.#goTo(
      lane,
      firstAfter(layout.lanes[lane]?.blocks ?? [], hovered ? (hovered.from + hovered.to) / 2 : window.from),
    );
  }

  #goTo(lane: number, position: number): void {
    const blocks = this.#timeline.layout.lanes[lane]?.blocks ?? [];
    const block = blocks[Math.max(0, Math.min(blocks.length - 1, position))];
    this.#lane = lane;
    if (!block) return;
    this.#timeline.reveal(block, lane);
    this.#timeline.hover(block, lane);
  }
}
