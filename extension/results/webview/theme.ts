import type { RowState } from "../../runs/run.js";

/** The colours and the font of the canvas. Everything else takes its colours from the style sheets. */
export interface Theme {
  fill: Record<RowState, string>;
  text: string;
  faint: string;
  axis: string;
  track: string;
  focus: string;
  font: string;
}

const listeners = new Set<() => void>();
let current: Theme | null = null;

/** The colours of this moment. */
export function theme(): Theme {
  return (current ??= read());
}

/** VS Code changes classes and variables of the page when the theme changes. */
export function watchTheme(changed: () => void): void {
  listeners.add(changed);
  if (listeners.size > 1) return;
  const observer = new MutationObserver(() => {
    current = null;
    for (const listener of listeners) listener();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["style", "class"] });
}

/** The variables are those of styles/page.css. */
function read(): Theme {
  const style = getComputedStyle(document.body);
  const colour = (name: string) => style.getPropertyValue(name).trim() || "GrayText";
  const fill = Object.fromEntries(
    (["queued", "running", "done", "failed", "cancelled", "lost"] as const).map((state) => [
      state,
      colour(state === "done" ? "--fill-done" : `--state-${state}`),
    ]),
  );
  return {
    fill: fill as Record<RowState, string>,
    text: colour("--text"),
    faint: colour("--text-faint"),
    axis: colour("--axis"),
    track: colour("--track"),
    focus: colour("--focus"),
    font: style.fontFamily,
  };
}
