import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";

export function brokenPipe(end: Handle): PolyprocError {
  return new PolyprocError("BrokenPipe", `the other end of ${end} is closed: no process can read this item`);
}

export function endOfFile(end: Handle): PolyprocError {
  return new PolyprocError("EndOfFile", `the other end of ${end} is closed, and all its items have been read`);
}

export function noItem(end: Handle): PolyprocError {
  return new PolyprocError("TimedOut", `no item arrived at ${end} within timeoutMs`);
}

export function full(end: Handle, bytes: number): PolyprocError {
  return new PolyprocError(
    "Full",
    `no room for an item sent through ${end}: the other end has ${bytes} unread bytes; receive there, or wait longer`,
    { stored: 0 },
  );
}
