import { PolyprocError, type ErrorObject } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { asCallersError, registerErrorClass } from "../session/errors.js";
import { rebuildError, type ErrorFacts } from "../session/remote-error.js";

/**
 * The function ran and threw. `cause` is what it threw, rebuilt: of the same built-in class where it was one, with its message, its
 * own properties and the stack of the worker. `data` has the same as plain facts, whatever the worker's language.
 */
export class TaskFailed extends PolyprocError {
  constructor(codeName: "TaskFailed", message: string, data: Record<string, unknown> = {}, options?: { cause?: unknown }) {
    super(codeName, message, data, options ?? { cause: rebuildError(data as unknown as ErrorFacts) });
  }
}

/** The worker process died in the middle of the task: killed, out of memory, or the function called `process.exit`. */
export class WorkerLost extends PolyprocError {
  get pid(): number {
    return this.data["pid"] as number;
  }

  /** Null when a signal ended it. */
  get exitCode(): number | null {
    return this.data["exitCode"] as number | null;
  }

  /** `SIGKILL` …; null when it exited by itself. */
  get signal(): string | null {
    return this.data["signal"] as string | null;
  }

  /** The last lines that it wrote to its standard error. */
  get stderr(): string {
    const { stderr } = this.data;
    return Array.isArray(stderr) ? stderr.join("\n") : String(stderr ?? "");
  }
}

registerErrorClass("TaskFailed", TaskFailed as never);
registerErrorClass("WorkerLost", WorkerLost);

/** The error of a failed item, of the class that callers branch on. */
export function errorOf(failure: Failure): PolyprocError {
  return asCallersError(PolyprocError.fromErrorObject(failure as ErrorObject));
}
