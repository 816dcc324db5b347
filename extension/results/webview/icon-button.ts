import { html, type TemplateResult } from "lit/html.js";
import { icon, type IconName } from "./icons.js";

/** A button that shows only an icon. `label`: its name for screen readers. `title`: what the mouse pointer shows. */
export function iconButton(name: IconName, title: string, label: string, click: () => void): TemplateResult {
  return html`<button class="icon-only" title=${title} aria-label=${label} @click=${click}>${icon(name)}</button>`;
}
