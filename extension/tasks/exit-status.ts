import type { Run } from "../runs/run.js";

/** Exit codes of a task; those of `polyproc map`. */
export const exitStatus = {
  ok: 0,
  /** Some items failed. */
  failed: 1,
  /** The task's definition is wrong, or it has no items. */
  invalid: 2,
  /** No server, or the connection was lost. */
  unavailable: 69,
  /** Ended by Ctrl-C, by Stop, or from the side bar. */
  cancelled: 130,
} as const;

/** The exit code for a run that has ended. */
export function statusOf({ lost, info }: Pick<Run, "lost" | "info">): number {
  if (lost) return exitStatus.unavailable;
  if (info.failed > 0) return exitStatus.failed;
  return info.state === "done" && info.cancelled === 0 ? exitStatus.ok : exitStatus.cancelled;
}
