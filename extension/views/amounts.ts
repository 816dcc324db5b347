import { clockText } from "../../protocol/duration.js";

/** Exact to the second: `0 s`, `42 s`, `2:05`, `1:02:03`, `3 d 4 h`. */
export function ageText(ms: number): string {
  return clockText(Math.max(0, Math.floor(ms / 1000)));
}

/** Coarse, so that a row seldom changes: `0 s`, `40 s` in steps of five, `2 min`, `1 h 5 min`, `3 d 4 h`. */
export function roughAgeText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 5000) * 5);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds} s`;
  if (hours === 0) return `${minutes} min`;
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function cpuText(percent: number): string {
  return `${percent.toFixed(0)} %`;
}

/** `31/s`, `0.4/s`. */
export function rateText(perSecond: number): string {
  return `${perSecond < 9.95 ? perSecond.toFixed(1) : numberText(Math.round(perSecond))}/s`;
}

/** `12,345`. */
export function numberText(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 process`, `3 processes`. */
export function countText(count: number, one: string, many: string): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** Parts that say nothing are left out. */
export function joined(...parts: readonly (string | false | null | undefined)[]): string {
  return parts.filter((part) => typeof part === "string" && part !== "").join(" · ");
}

/** Text of any origin, for one row: no line breaks or control characters, and not longer than can be read. */
export function rowText(text: string, longest = 80): string {
  // oxlint-disable-next-line no-control-regex -- those are what it is about
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
