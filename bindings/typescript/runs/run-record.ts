import type { Failure } from "../../../protocol/job.js";
import type { RunInfo } from "../../../protocol/run.js";
import type { Target } from "../../../protocol/target.js";

/** A run as its exports read it: what was asked, and what became of each item. */
export interface RunRecord {
  readonly request: { readonly name: string; readonly target: Target; readonly items: readonly { value: unknown }[] };
  readonly info: Pick<RunInfo, "state" | "startedAt" | "endedAt" | "processes" | "chunkSize" | "cluster">;
  /** By index, one for each item. */
  readonly rows: readonly RunRow[];
}

export interface RunRow {
  readonly index: number;
  /** Index of the first item of its chunk. */
  readonly chunk: number;
  readonly label: string;
  /** Absolute path of the file that it concerns. */
  readonly file: string | null;
  /** `lost`: the server ended before the item did. */
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled" | "lost";
  /** 0 if no worker had it. */
  readonly pid: number;
  /** The host of a cluster whose `pid` that is. Absent: this machine, or it is not known yet. */
  readonly host?: string;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  /** How long it ran, or had run when its outcome was kept. */
  readonly ms: number | null;
  /** It did not run: its outcome is that of an earlier run. Absent: false. */
  readonly cached?: boolean;
  readonly value?: unknown;
  readonly error?: Failure;
}
