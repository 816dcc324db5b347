import type { Failure } from "../../protocol/job.js";
import type { CommandResult } from "../../protocol/target.js";

interface Ran {
  /** Position of the item, from 0. */
  index: number;
  /** The item as the user gave it. */
  item: string;
  /** How long the item ran, in milliseconds. In a chunk: its average. */
  ms: number;
  /** Pid of the worker; 0 if the item reached none. */
  pid: number;
  /** The host of a cluster on which it ran. Absent: this machine. */
  host?: string;
  /** With `--cache`: whether an earlier outcome was replayed. */
  cached?: boolean;
}

/**
 * The outcome of one item. `value`: in the JSON form of the protocol's values; undefined if the server no longer has
 * it.
 */
export type Outcome =
  | (Ran & { kind: "done"; value: unknown })
  | (Ran & { kind: "failed"; error: Failure })
  /** The map ended before the item was done. */
  | (Ran & { kind: "skipped" });

/** The output of a command, even if it failed. Null if there is none in the outcome. */
export function commandResult(outcome: Outcome): CommandResult | null {
  if (outcome.kind === "skipped") return null;
  const result = (outcome.kind === "done" ? outcome.value : outcome.error.data) as Partial<CommandResult> | undefined;
  return typeof result?.stdout === "string" && typeof result.stderr === "string" ? (result as CommandResult) : null;
}

/** The outcome without the output of its command. */
export function withoutOutput(outcome: Outcome): Outcome {
  const own = commandResult(outcome);
  if (!own || outcome.kind === "skipped") return outcome;
  const { stdoutFile: _, stderrFile: __, ...result } = own;
  const silent = { ...result, stdout: "", stderr: "", truncated: false };
  return outcome.kind === "done"
    ? { ...outcome, value: silent }
    : { ...outcome, error: { ...outcome.error, data: silent } };
}
