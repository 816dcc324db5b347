import { PolyprocError, type ErrorName, type ErrorObject } from "../../../protocol/errors.js";
import type { ResultEntry } from "../../../protocol/job.js";
import { decodeFrom } from "../session/codec.js";
import type { Connection } from "../session/connection.js";
import { asCallersError, registerErrorClass } from "../session/errors.js";
import { rebuildError, type ErrorFacts } from "../session/remote-error.js";
import { beginsInWorker } from "./caller-stack.js";

/**
 * The function ran and threw. `cause` is what it threw: an error of the same built-in class, with its message, its own
 * properties, its cause and the worker's stack; or the value, if that was not an error. `data` has the same facts as
 * plain values, whatever the worker's language.
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

  /** Index of the item that failed; undefined for `apply`. */
  get index(): number | undefined {
    return this.data["index"] as number | undefined;
  }
}

/** The worker process died during the task: it was killed, ran out of memory, or the function called `process.exit`. */
export class WorkerLost extends PolyprocError {
  /** Index of the item that it ran; undefined for `apply`. */
  get index(): number | undefined {
    return this.data["index"] as number | undefined;
  }

  get pid(): number {
    return this.data["pid"] as number;
  }

  /** Whether its runtime reported that the heap was full. */
  get outOfHeap(): boolean {
    return this.data["outOfHeap"] === true;
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

/** Failures that belong to one item: the other items of the call may succeed. */
const ofOneItem: ReadonlySet<ErrorName> = new Set(["TaskFailed", "WorkerLost", "TimedOut", "PayloadTooLarge"]);

/**
 * What a call does with the failure of an item: `only`, it had one item; `thrown`, it had more, so the message names
 * the item; `returned`, the failure is among the results.
 */
export type FailureUse = "only" | "thrown" | "returned";

/** The error of failed items, as the subclass of PolyprocError that belongs to its code. */
export function errorOf(
  { error: failure, index, origin, pid }: Pick<ResultEntry, "error" | "index" | "origin" | "pid">,
  connection: Connection | null,
  use: FailureUse,
): PolyprocError {
  const { codeName, message, data } = PolyprocError.fromErrorObject(failure as ErrorObject);
  const { thrown, ...facts } = data;
  const hasItem = use !== "only" && ofOneItem.has(codeName);
  const told = new PolyprocError(
    codeName,
    hasItem && use === "thrown" ? `item ${index}: ${message}` : message,
    hasItem ? { ...facts, index } : facts,
    codeName === "TaskFailed"
      ? { cause: causeOf(facts as unknown as ErrorFacts, thrown, origin, connection) }
      : undefined,
  );
  const error = asCallersError(told);
  beginsInWorker(error, pid, typeof facts["stack"] === "string" ? facts["stack"] : "");
  return error;
}

/** What the function threw. If only its description arrived, or its sender is not trusted: an error made of that. */
function causeOf(
  facts: ErrorFacts,
  thrown: unknown,
  origin: string | undefined,
  connection: Connection | null,
): unknown {
  if (facts.type === "undefined") return undefined;
  if (typeof thrown !== "string") return rebuildError(facts);
  try {
    return decodeFrom(origin, "the error", Buffer.from(thrown, "base64"), connection as Connection);
  } catch {
    return rebuildError(facts);
  }
}
