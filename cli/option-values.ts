import { InvalidArgumentError } from "commander";
import { parseDuration } from "../protocol/duration.js";

/**
 * Parsers of option values for commander. They throw its InvalidArgumentError, to which commander adds the option's
 * name.
 */

export function wholeNumber(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(
      maximum === Number.MAX_SAFE_INTEGER
        ? `Expected a whole number from ${minimum} on.`
        : `Expected a whole number from ${minimum} to ${maximum}.`,
    );
  };
}

/** Returns milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError("Expected a duration: 10 (seconds), 500ms, 30s, 2m or 1h.");
}

/** How many run at a time: `4`, `50%` of the processors, `+1` or `-1` beside them, `0` for as many as there may be. */
export function jobs(text: string): (processors: number) => number {
  const most = 4096;
  const found = /^([+-]?)(\d{1,6})(%?)$/.exec(text);
  const value = Number(found?.[2]);
  if (!found || (found[1] && found[3]) || (!found[1] && value > (found[3] ? 100_000 : most)))
    throw new InvalidArgumentError(`Expected a number up to ${most}, such as 4, or 50%, +1, -1, or 0.`);
  const count = (processors: number) => {
    if (found[3]) return Math.round((processors * value) / 100);
    if (found[1]) return found[1] === "+" ? processors + value : processors - value;
    return value === 0 ? most : value;
  };
  return (processors) => Math.min(most, Math.max(1, count(processors)));
}

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}
