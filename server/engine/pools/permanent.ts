import { errorCodes } from "../../../protocol/errors.js";

/** Errors that are not retried: another attempt would fail in the same way. */
const permanent: ReadonlySet<number> = new Set([
  errorCodes.TargetNotFound,
  errorCodes.SpawnFailed,
  errorCodes.AgentLost,
  errorCodes.ClusterUnavailable,
  errorCodes.ModuleMismatch,
  errorCodes.NotTrusted,
]);

export function isPermanent(code: number): boolean {
  return permanent.has(code);
}
