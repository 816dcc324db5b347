import type { RunItem } from "../runs/run.js";

/** One item for each line, unchanged. Lines without a visible character are left out. */
export function lineItems(text: string): RunItem[] {
  return text
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== "")
    .map((line) => ({ value: line, label: line.trim(), file: null }));
}
