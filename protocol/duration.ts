/* How people write times, for every part that reads or shows them. */

const unitMs: Record<string, number> = { "": 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `1.5` (seconds), `500ms`, `30s`, `2m`, `1h` or `1d`. Milliseconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h|d)?$/.exec(text.trim());
  if (!match) return undefined;
  const ms = Number(match[1]) * unitMs[match[2] ?? ""]!;
  return Number.isFinite(ms) ? ms : undefined;
}

/** For people: `420 ms`, `3.2 s`, `42 s`, `2:05`, `1:02:03`, `3 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`;
  return clockText(Math.round(ms / 1000));
}

/** Whole seconds: `0 s`, `42 s`, `2:05`, `1:02:03`, `3 d 4 h`. */
export function clockText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}:${two(minutes % 60)}:${two(seconds % 60)}`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
