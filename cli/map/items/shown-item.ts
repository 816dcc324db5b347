import { oneLine } from "../../../protocol/one-line.js";

const maxLength = 120;
const endLength = 40;

/** The item as messages name it: one line, the middle of a long one left out. */
export function shownItem(item: string): string {
  const text = oneLine(item.length > 4 * maxLength ? `${item.slice(0, maxLength)}${item.slice(-maxLength)}` : item);
  if (item.length <= maxLength && text.length <= 2 * maxLength) return text;
  return `${text.slice(0, maxLength - endLength)}…${text.slice(-endLength)} (${item.length} characters)`;
}
