import { PolyprocError, type ErrorName } from "../../../protocol/errors.js";

export { PolyprocError };

/** A queue or a pipe had no room within `timeoutMs`. `data.stored`: how many of the items went in. */
export class Full extends PolyprocError {}
/** A queue had no item within `timeoutMs`. */
export class Empty extends PolyprocError {}
/** A wait took longer than `timeoutMs`, or a task ran longer than its limit. Python's `TimeoutError`. */
export class TimedOut extends PolyprocError {}
/** The object was closed here, or the connection to the server has ended. */
export class Closed extends PolyprocError {}
/** Nothing is left to read, and nobody holds the other end of the pipe. Python's `EOFError`. */
export class EndOfFile extends PolyprocError {}
/** Nobody holds the other end of the pipe, so nobody could ever read the item. Python's `BrokenPipeError`. */
export class BrokenPipe extends PolyprocError {}
/** A party of the barrier left, timed out or died, or `abort` was called. Python's `BrokenBarrierError`. */
export class BrokenBarrier extends PolyprocError {}
/** The task was cancelled, or its pool terminated. */
export class Cancelled extends PolyprocError {}
/** This wait was ended to break a deadlock. */
export class Deadlock extends PolyprocError {}
/** The module, its export, or the interpreter could not be found or loaded. */
export class TargetNotFound extends PolyprocError {}
/** The program could not be started. `data.errno`: `ENOENT`, `EACCES` … */
export class SpawnFailed extends PolyprocError {}

/**
 * A value that only JavaScript can open came from another client's process tree, and was not opened. `data`: origin,
 * object.
 */
export class UntrustedBlob extends PolyprocError {}

/**
 * For the end of a block: once the server has gone nothing is left to end, and the block's own error must not be hidden
 * behind that.
 */
export async function unlessClosed(ending: Promise<void>): Promise<void> {
  try {
    await ending;
  } catch (error) {
    if (!(error instanceof Closed)) throw error;
  }
}

type ErrorClass = new (codeName: ErrorName, message: string, data?: Record<string, unknown>, options?: { cause?: unknown }) => PolyprocError;

const classes: Partial<Record<ErrorName, ErrorClass>> = {
  Full, Empty, TimedOut, Closed, EndOfFile, BrokenPipe, BrokenBarrier, Cancelled, Deadlock, TargetNotFound, SpawnFailed, UntrustedBlob,
};

/**
 * An error of the wire as the class that callers branch on. Made where the caller waits, so that its stack leads there;
 * a plain PolyprocError where there is nothing to branch on.
 */
export function asCallersError(error: PolyprocError): PolyprocError {
  const { codeName, message, data, cause } = error;
  return new (classes[codeName] ?? PolyprocError)(codeName, message, data, cause === undefined ? undefined : { cause });
}

/** The classes of other parts (a pool's failures) join here, so that every request rejects with them. */
export function registerErrorClass(codeName: ErrorName, errorClass: ErrorClass): void {
  classes[codeName] = errorClass;
}
