import { PolyprocError } from "../../../protocol/errors.js";
import { isNodesFrame, isOurFrame } from "../host/stack.js";

/** Frames of this package take some of the frames that are kept. */
const ourFrames = 10;

/** Errors of pools whose stack does not show yet who waits for the result. The value: what follows those frames. */
const unseen = new WeakMap<Error, string>();

/** Sets the stack of a failed item's error to that of the worker. `stack`: the text that the worker sent. */
export function beginsInWorker(error: Error, pid: number, stack: string): void {
  const frames = framesOf(stack);
  const inWorker = frames === "" ? "" : `\n    in worker ${pid}:${frames}`;
  unseen.set(error, inWorker);
  setStack(error, inWorker);
}

/**
 * The error, whose stack now begins with the frames of the caller. Call it in the asynchronous function that the caller
 * awaits. It costs nothing unless a call fails.
 */
export function leadingToCaller(error: unknown): unknown {
  if (!(error instanceof PolyprocError)) return error;
  const inWorker = unseen.get(error);
  if (inWorker === undefined) return error;
  unseen.delete(error);
  setStack(error, callersFrames() + inWorker);
  return error;
}

function callersFrames(): string {
  const before = Error.stackTraceLimit;
  const here = { stack: "" };
  try {
    Error.stackTraceLimit = before + ourFrames;
    Error.captureStackTrace(here, leadingToCaller);
  } finally {
    Error.stackTraceLimit = before;
  }
  const frames = here.stack.split("\n").filter((line) => line.startsWith("    at "));
  const callers = frames.filter((frame) => !isOurFrame(frame) && !isNodesFrame(frame)).slice(0, before);
  return callers.map((frame) => `\n${frame}`).join("");
}

/** The frames of a worker's stack. The text of another language has no such frames, and is kept as a whole. */
function framesOf(stack: string): string {
  const first = stack.indexOf("\n    at ");
  if (first !== -1) return stack.slice(first);
  return stack.includes("\n") ? `\n${stack.trimEnd()}` : "";
}

function setStack(error: Error, frames: string): void {
  Object.defineProperty(error, "stack", {
    value: `${error.name}: ${error.message}${frames}`,
    configurable: true,
    writable: true,
    enumerable: false,
  });
}
