import { PolyprocError, type ErrorName } from "../../../protocol/errors.js";

export { PolyprocError };

/** A queue or a pipe was full for `timeoutMs`. `data.stored`: how many of the items were stored. */
export class Full extends PolyprocError {}
/** A queue had no item within `timeoutMs`. */
export class Empty extends PolyprocError {}
/** A wait took longer than `timeoutMs`, or a task ran longer than its limit. Python's `TimeoutError`. */
export class TimedOut extends PolyprocError {}
/** The object was closed here, or the connection to the server has ended. */
export class Closed extends PolyprocError {}
/** The pipe is empty, and no process has its other end open. Python's `EOFError`. */
export class EndOfFile extends PolyprocError {}
/** No process has the other end of the pipe open, so no process could read the item. Python's `BrokenPipeError`. */
export class BrokenPipe extends PolyprocError {}
/** A party of the barrier left, timed out or died, or `abort` was called. Python's `BrokenBarrierError`. */
export class BrokenBarrier extends PolyprocError {}
/** The task was cancelled, its pool terminated, or a signal aborted the call: then `cause` is the signal's reason. */
export class Cancelled extends PolyprocError {}
/** This wait was ended to break a deadlock. */
export class Deadlock extends PolyprocError {}
/** The module, its export, or the interpreter could not be found or loaded. */
export class TargetNotFound extends PolyprocError {}
/** The program could not be started. `data.errno`: `ENOENT`, `EACCES` … */
export class SpawnFailed extends PolyprocError {}

/** A blob came from another client's process tree, and was not opened. `data`: origin, object. */
export class UntrustedBlob extends PolyprocError {}

/** The error of a call whose signal has fired: the same for every call of this package. */
export function aborted(signal: AbortSignal): Cancelled {
  return new Cancelled("Cancelled", "the call was aborted by its signal", {}, { cause: signal.reason });
}

/**
 * For the end of an `await using` block. If the server has ended, nothing is left to close, and a Closed error must not
 * hide the error of the block itself.
 */
export async function unlessClosed(ending: Promise<void>): Promise<void> {
  try {
    await ending;
  } catch (error) {
    if (!(error instanceof Closed)) throw error;
  }
}

type ErrorClass = new (
  codeName: ErrorName,
  message: string,
  data?: Record<string, unknown>,
  options?: { cause?: unknown },
) => PolyprocError;

const classes: Partial<Record<ErrorName, ErrorClass>> = {
  Full,
  Empty,
  TimedOut,
  Closed,
  EndOfFile,
  BrokenPipe,
  BrokenBarrier,
  Cancelled,
  Deadlock,
  TargetNotFound,
  SpawnFailed,
  UntrustedBlob,
};

/**
 * Converts an error from the wire to the class for its code, or to a plain PolyprocError. Call it where the caller
 * waits, so that the stack leads there.
 */
export function asCallersError(error: PolyprocError): PolyprocError {
  const { codeName, message, data } = error;
  const options = "cause" in error ? { cause: error.cause } : undefined;
  return new (classes[codeName] ?? PolyprocError)(codeName, message, data, options);
}

/** An error of the class for its code. */
export function makeError(codeName: ErrorName, message: string, data: Record<string, unknown>): PolyprocError {
  return new (classes[codeName] ?? PolyprocError)(codeName, message, data);
}

/** Adds the error class of another room, such as a pool's failures, so that every request rejects with it. */
export function registerErrorClass(codeName: ErrorName, errorClass: ErrorClass): void {
  classes[codeName] = errorClass;
}
