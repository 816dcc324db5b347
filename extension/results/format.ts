/** How long something took: `0.4 ms`, `38 ms`, `1.25 s`, `2:05`, `1:02:05`. */
export function formatMs(ms: number): string {
  if (ms < 9.95) return `${trimmed(ms, 1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${trimmed(ms / 1000, 2)} s`;
  if (ms < 59_950) return `${trimmed(ms / 1000, 1)} s`;
  return formatClock(ms);
}

/** As a clock shows it, to the second: `0:24`, `1:02:05`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `1,234` in the reader's language. */
export function formatCount(count: number): string {
  return count.toLocaleString();
}

export function formatRate(perSecond: number): string {
  if (perSecond >= 9.95) return `${formatCount(Math.round(perSecond))}/s`;
  if (perSecond >= 0.095) return `${trimmed(perSecond, 1)}/s`;
  return `${trimmed(perSecond * 60, 1)}/min`;
}

export function formatPercent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** Without zeros that say nothing: 1.50 is 1.5. */
function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}
