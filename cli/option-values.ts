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

/** For options that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}
