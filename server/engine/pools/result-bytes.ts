import type { Failure, ResultEntry } from "../../../protocol/job.js";
import { payloadData } from "../../../protocol/schema.js";

/** Roughly what an outcome takes in a message. */
export function valueBytes({ values, error }: ResultEntry): number {
  return values ? payloadData(values).length : failureBytes(error);
}

/** Roughly what a failure takes in a message. */
export function failureBytes(error: Failure | undefined): number {
  let bytes = error?.message.length ?? 0;
  // A failed command brings its output along.
  for (const part of Object.values(error?.data ?? {})) if (typeof part === "string") bytes += part.length;
  return bytes;
}
