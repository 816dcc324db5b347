import { t } from "../../l10n.js";

/**
 * A border that can be moved: by the pointer, and by the arrow keys while it has the keyboard; a double click puts it
 * back.
 */
export interface SplitterOptions {
  handle: HTMLElement;
  label: string;
  /** Which way it moves at this moment. */
  axis(): "x" | "y";
  /** The size that it changes, in pixels. */
  size(): number;
  /** 1: the size grows to the right or downwards; -1: to the left or upwards. */
  direction: 1 | -1;
  /** Null: back to the default. */
  resize(size: number | null): void;
}

const step = 20;

export function splitter({ handle, label, axis, size, direction, resize }: SplitterOptions): void {
  handle.role = "separator";
  handle.tabIndex = 0;
  handle.ariaLabel = label;
  /** Sets what screen readers say. */
  const say = () => {
    handle.ariaOrientation = axis() === "x" ? "vertical" : "horizontal";
    handle.ariaValueNow = String(Math.round(size()));
    handle.ariaValueText = t("{0} pixels", Math.round(size()));
  };
  say();
  handle.addEventListener("focus", say);
  const changed = (next: number | null): void => {
    resize(next);
    say();
  };
  const place = (event: PointerEvent) => (axis() === "x" ? event.clientX : event.clientY);
  handle.addEventListener("pointerdown", (event) => {
    const from = { at: place(event), size: size() };
    handle.setPointerCapture(event.pointerId);
    const move = (moved: PointerEvent): void => changed(from.size + direction * (place(moved) - from.at));
    handle.addEventListener("pointermove", move);
    const end = (): void => handle.removeEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
    event.preventDefault();
  });
  handle.addEventListener("dblclick", () => changed(null));
  handle.addEventListener("keydown", (event) => {
    const [less, more] = axis() === "x" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    changed(size() + direction * (event.key === more ? step : -step));
    event.preventDefault();
  });
}
