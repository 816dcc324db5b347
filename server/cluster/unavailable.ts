import { PolyprocError } from "../../protocol/errors.js";

/** The error of a store that cannot be used. Errors of our own stay as they are. */
export function asUnavailable(error: unknown): PolyprocError {
  if (error instanceof PolyprocError) return error;
  return new PolyprocError("ClusterUnavailable", `the cluster's store failed: ${(error as Error).message}`);
}

export function unavailable(error: unknown): never {
  throw asUnavailable(error);
}
