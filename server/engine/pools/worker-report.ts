import { PolyprocError } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { payloadData, payloadHandles, type Payload } from "../../../protocol/schema.js";
import { isBlob } from "../msgpack-skip.js";
import { listLength } from "../payload-list.js";
import type { Registry } from "../registry.js";
import type { Task } from "./task.js";

/** What a worker host says of the task that it runs. Its schema was checked, and nothing else. */
export interface WorkerReport {
  readonly seq: number;
  readonly from: number;
  readonly count: number;
  readonly values?: Payload | undefined;
  readonly error?: Failure | undefined;
}

/** Why this cannot be said of `task`, the first that the worker has; null: it can. Looked at before anything is changed. */
export function reportFault(task: Task | undefined, { seq, from, count, values, error }: WorkerReport): string | null {
  if (!task) return `it reported task ${seq}, which it does not have`;
  if (task.seq !== seq || from !== task.from || from + count > task.to) {
    return `it reported items ${from}+${count} of task ${seq} while task ${task.seq} is at item ${task.from} of ${task.to}`;
  }
  if (count === 0) return null;
  if (values && error) return `it reported both values and an error for task ${seq}`;
  if (!values && !error) return `it reported neither values nor an error for task ${seq}`;
  // A caller that opens the results itself may get all of them as one private value of its language.
  if (!values || (!task.batch.job.isOpened && isBlob(payloadData(values)))) return null;
  const length = listLength(values);
  return length === count ? null : `its values for task ${seq} are ${length === null ? "no list" : `a list of ${length}`} instead of a list of ${count}`;
}

/**
 * The outcome that counts. A function may return an object that everybody has released: then its items fail, as a request that names such an object
 * does.
 */
export function knownOutcome(registry: Registry, { values, error }: Pick<WorkerReport, "values" | "error">): { values: Payload } | { error: Failure } {
  if (!values) return { error: error! };
  const unknown = payloadHandles(values).find((handle) => !registry.has(handle));
  if (unknown === undefined) return { values };
  return { error: new PolyprocError("UnknownHandle", `the result names ${unknown}, which does not exist: keep a reference until the caller has the result`, { handle: unknown }).toErrorObject() };
}
