import { InvalidArgumentError } from "commander";

/**
 * A time of this time zone, in milliseconds since 1970: `17:30` (the next one), `2026-12-01`, `2026-12-01 06:00`, or
 * ISO 8601 with its zone.
 */
export function startTime(text: string, now = new Date()): number {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text.trim());
  if (clock) {
    const time = new Date(now);
    time.setHours(Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0), 0);
    if (time.getTime() <= now.getTime()) time.setDate(time.getDate() + 1);
    return time.getTime();
  }
  const day = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text.trim());
  const ms = day ? Date.parse(`${day[1]}T${day[2] ?? "00:00"}${day[3] ?? ""}`) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError("Expected a time, such as 17:30, 2026-12-01 or 2026-12-01T06:00.");
}
