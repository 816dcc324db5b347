import type { Failure, ResultEntry } from "../../../protocol/job.js";
import { payloadBytes } from "../../../protocol/schema.js";

/** Approximate size of an outcome in a message. */
export function valueBytes({ values, error }: ResultEntry): number {
  return values ? payloadBytes(values) : failureBytes(error);
}

/** Approximate size of a failure in a message. */
export function failureBytes(error: Failure | undefined): number {
  let bytes = error?.message.length ?? 0;
  // The error of a failed command contains its output.
  for (const part of Object.values(error?.data ?? {})) if (typeof part === "string") bytes += part.length;
  return bytes;
}
