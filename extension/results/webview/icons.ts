import { html, type TemplateResult } from "lit/html.js";
import cancelled from "@vscode/codicons/src/icons/circle-slash.svg";
import chevronDown from "@vscode/codicons/src/icons/chevron-down.svg";
import chevronRight from "@vscode/codicons/src/icons/chevron-right.svg";
import close from "@vscode/codicons/src/icons/close.svg";
import copy from "@vscode/codicons/src/icons/copy.svg";
import done from "@vscode/codicons/src/icons/pass.svg";
import failed from "@vscode/codicons/src/icons/error.svg";
import file from "@vscode/codicons/src/icons/go-to-file.svg";
import filter from "@vscode/codicons/src/icons/filter.svg";
import fit from "@vscode/codicons/src/icons/screen-full.svg";
import lost from "@vscode/codicons/src/icons/warning.svg";
import queued from "@vscode/codicons/src/icons/circle-large.svg";
import replayed from "@vscode/codicons/src/icons/history.svg";
import rerun from "@vscode/codicons/src/icons/debug-rerun.svg";
import running from "@vscode/codicons/src/icons/loading.svg";
import stop from "@vscode/codicons/src/icons/debug-stop.svg";
import open from "@vscode/codicons/src/icons/link-external.svg";
import down from "@vscode/codicons/src/icons/arrow-small-down.svg";
import up from "@vscode/codicons/src/icons/arrow-small-up.svg";
import zoomIn from "@vscode/codicons/src/icons/zoom-in.svg";
import zoomOut from "@vscode/codicons/src/icons/zoom-out.svg";

const sources = {
  cancelled,
  chevronDown,
  chevronRight,
  close,
  copy,
  done,
  down,
  failed,
  file,
  filter,
  fit,
  lost,
  open,
  queued,
  replayed,
  rerun,
  running,
  stop,
  up,
  zoomIn,
  zoomOut,
};

export type IconName = keyof typeof sources;

/** Puts every icon into the page once; `icon` refers to them. */
export function defineIcons(): void {
  const sprite = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  sprite.setAttribute("class", "sprite");
  sprite.setAttribute("aria-hidden", "true");
  for (const [name, text] of Object.entries(sources)) {
    const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const symbol = document.createElementNS("http://www.w3.org/2000/svg", "symbol");
    symbol.id = `icon-${name}`;
    symbol.setAttribute("viewBox", drawing.getAttribute("viewBox") ?? "0 0 16 16");
    symbol.append(...drawing.childNodes);
    sprite.append(symbol);
  }
  document.body.append(sprite);
}

/** Hidden from screen readers: the text beside it, or the button's label, has the same meaning. */
export function icon(name: IconName, extra = ""): TemplateResult {
  return html`<svg class="icon ${extra}" aria-hidden="true"><use href="#icon-${name}"></use></svg>`;
}
