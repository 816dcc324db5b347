import type { Model } from "../model/model.js";

/** The input of the trees: the model at one moment, and names that the model does not have. */
export type Known = Pick<
  Model,
  "processes" | "usage" | "pools" | "waits" | "queued" | "rates" | "sync" | "deadlocks" | "sessions"
>;

export interface Snapshot {
  readonly known: Known;
  /** The window's own session; null without a server. */
  readonly ownSession: string | null;
  /** The label of a job's item; null if no run of the window has this job. */
  readonly itemLabel: (job: string, index: number) => string | null;
  /** The same for a command that a pool runs or ran: such a process does not name its job. */
  readonly poolItemLabel: (pool: string, index: number) => string | null;
  /** The name of a run; null if the window does not know it. */
  readonly runName: (run: string) => string | null;
  /** Now, in milliseconds since 1970. */
  readonly at: number;
}
