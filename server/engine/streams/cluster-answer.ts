import { PolyprocError } from "../../../protocol/errors.js";

/** Milliseconds in which the store must answer a request that does not wait. */
export const answerMs = 10_000;

/** `consequence`: what the caller does not know. */
export function noAnswer(consequence: string | null): PolyprocError {
  return new PolyprocError(
    "ClusterUnavailable",
    `the store did not answer within ${answerMs / 1000} s${consequence === null ? "" : `: ${consequence}`}`,
  );
}
