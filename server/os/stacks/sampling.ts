/** Milliseconds between the two samples. */
export const gapMs = 100;
/** How many frames of a thread are kept. */
export const mostFrames = 100;
const longestName = 1000;

/** What a process says of itself is checked like every message: a text of a decent length, or null. */
export function nameOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value.slice(0, longestName) : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}
