import { PolyprocError } from "../../../protocol/errors.js";
import type { Handle } from "../../../protocol/schema.js";

export function brokenPipe(end: Handle): PolyprocError {
  return new PolyprocError("BrokenPipe", `nobody holds the other end of ${end} any more, so nobody could read this`);
}

export function endOfFile(end: Handle): PolyprocError {
  return new PolyprocError("EndOfFile", `nobody holds the other end of ${end} any more, and everything was read`);
}

export function noItem(end: Handle): PolyprocError {
  return new PolyprocError("TimedOut", `nothing came through ${end} within timeoutMs`);
}

export function full(end: Handle, bytes: number): PolyprocError {
  return new PolyprocError("Full", `${bytes} bytes sent through ${end} wait to be read`, { stored: 0 });
}
