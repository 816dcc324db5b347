import { PolyprocError, type ErrorObject } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { asCallersError, registerErrorClass } from "../session/errors.js";
import { rebuildError, type ErrorFacts } from "../session/remote-error.js";

/**
 * The function ran and threw. `cause` is the error, rebuilt: the same built-in class if it was one, with its message,
 * its own properties and the worker's stack. `data` has the same facts as plain values, whatever the worker's language.
 */
export class TaskFailed extends PolyprocError {
  constructor(
    codeName: "TaskFailed",
    message: string,
    data: Record<string, unknown> = {},
    options?: { cause?: unknown },
  ) {
    super(codeName, message, data, options ?? { cause: rebuildError(data as unknown as ErrorFacts) });
  }
}

/** The worker process died during the task: it was killed, ran out of memory, or the function called `process.exit`. */
export class WorkerLost extends PolyprocError {
  get pid(): number {
    return this.data["pid"] as number;
  }

  /** The exit code; null if a signal ended the worker. */
  get exitCode(): number | null {
    return this.data["exitCode"] as number | null;
  }

  /** Name of the signal that ended the worker, such as `SIGKILL`; null if it exited by itself. */
  get signal(): string | null {
    return this.data["signal"] as string | null;
  }

  /** The last lines that the worker wrote to its standard error. */
  get stderr(): string {
    const { stderr } = this.data;
    return Array.isArray(stderr) ? stderr.join("\n") : String(stderr ?? "");
  }
}

registerErrorClass("TaskFailed", TaskFailed as never);
registerErrorClass("WorkerLost", WorkerLost);

/** The error of a failed item, as the subclass of PolyprocError that belongs to its code. */
export function errorOf(failure: Failure): PolyprocError {
  return asCallersError(PolyprocError.fromErrorObject(failure as ErrorObject));
}
