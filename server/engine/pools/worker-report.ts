import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { payloadHandles, payloadStart, type Payload } from "../../../protocol/schema.js";
import type { Params } from "../../../protocol/message.js";
import type * as workers from "../../../protocol/worker.js";
import { isBlob } from "../msgpack-skip.js";
import { listLength } from "../payload-list.js";
import type { ProgressGate } from "../processes/progress-gate.js";
import type { Registry } from "../registry.js";
import type { Task } from "./task.js";

/** A worker host's report on the task that it runs. Only its schema has been checked. */
export interface WorkerReport {
  readonly seq: number;
  readonly from: number;
  readonly count: number;
  readonly values?: Payload | undefined;
  readonly error?: Failure | undefined;
}

/** Why this report is wrong for `task`, the worker's first; null if it is valid. Checked before any change of state. */
export function reportFault(task: Task | undefined, { seq, from, count, values, error }: WorkerReport): string | null {
  if (!task) return `it reported task ${seq}, which it does not have`;
  if (task.seq !== seq || from !== task.from || from + count > task.to) {
    return (
      `it reported items ${from}+${count} of task ${seq} while task ${task.seq} is at item ${task.from} ` +
      `of ${task.to}`
    );
  }
  if (count === 0) return null;
  if (values && error) return `it reported both values and an error for task ${seq}`;
  if (!values && !error) return `it reported neither values nor an error for task ${seq}`;
  // A caller that reads the results itself may get all of them as one blob.
  if (!values || (!task.batch.job.isOpened && isBlob(payloadStart(values, 6)))) return null;
  const length = listLength(values);
  return length === count
    ? null
    : `its values for task ${seq} are ${length === null ? "no list" : `a list of ${length}`} ` +
        `instead of a list of ${count}`;
}

/**
 * The reported outcome, or UnknownHandle if the values name an object that no longer exists, as a request that names it
 * would get.
 */
export function knownOutcome(
  registry: Registry,
  { values, error }: Pick<WorkerReport, "values" | "error">,
): { values: Payload } | { error: Failure } {
  if (!values) return { error: error! };
  const unknown = payloadHandles(values).find((handle) => !registry.has(handle));
  if (unknown === undefined) return { values };
  return {
    error: new PolyprocError(
      "UnknownHandle",
      `the result names ${unknown}, which does not exist: keep a reference until the caller has the result`,
      { handle: unknown },
    ).toErrorObject(),
  };
}

/** Shows what the worker says of the task's running item. Ignored if the item is over: a report may arrive later. */
export function showProgress(
  gate: ProgressGate,
  task: Task | undefined,
  { seq, item, fraction, text }: Params<typeof workers.report>,
): void {
  if (task?.seq !== seq || item < task.from || item >= task.to) return;
  gate.set({ index: task.batch.index + item, fraction, text }, task.job);
}
