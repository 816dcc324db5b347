import type { Failure } from "../../protocol/job.js";
import type { CommandResult } from "../../protocol/target.js";

interface Ran {
  /** Position of the item, from 0. */
  index: number;
  /** The item as it was given. */
  item: string;
  /** How long it ran, in milliseconds; in a chunk: its share. */
  ms: number;
  /** 0 when it never reached a worker. */
  pid: number;
}

/**
 * How one item fared. `value`: in the JSON form of the protocol's values; undefined when the server no longer has it.
 */
export type Outcome =
  | (Ran & { kind: "done"; value: unknown })
  | (Ran & { kind: "failed"; error: Failure })
  /** It was not run, or not to its end, because the map was ended. */
  | (Ran & { kind: "skipped" });

/** What a command wrote, also when it failed; null when that was not told. */
export function commandResult(outcome: Outcome): CommandResult | null {
  if (outcome.kind === "skipped") return null;
  const result = (outcome.kind === "done" ? outcome.value : outcome.error.data) as Partial<CommandResult> | undefined;
  return typeof result?.stdout === "string" && typeof result.stderr === "string" ? (result as CommandResult) : null;
}
