import type { Runs } from "./runs/run.js";

/** Stands in when the part that has the runs could not be loaded: the others go on without. */
export function unavailableRuns(): Runs {
  const nothing = { dispose: () => {} };
  const rejected = () => Promise.reject(new Error("runs are not available: the log (“Polyproc: Show Log”) says why"));
  return { all: [], onDidChange: () => nothing, onDidAdd: () => nothing, start: rejected, again: rejected, forget: rejected };
}
