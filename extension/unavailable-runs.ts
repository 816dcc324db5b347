import type { Runs } from "./runs/run.js";

/** Replaces the part with the runs if it could not be loaded: the other parts work without it. */
export function unavailableRuns(): Runs {
  const nothing = { dispose: () => {} };
  const rejected = () => Promise.reject(new Error("runs are not available: the log (“Polyproc: Show Log”) says why"));
  return {
    all: [],
    onDidChange: () => nothing,
    onDidAdd: () => nothing,
    start: rejected,
    again: rejected,
    forgetEnded: () => Promise.resolve(),
    forget: rejected,
  };
}
