/** The outcome of one test file, or of one check. */
export interface Outcome {
  title: string;
  durationMs: number;
  passed: number;
  skipped: number;
  /** Tests that were skipped, each with its reason. */
  leftOut: LeftOut[];
  failures: Failure[];
  /** What it measured, for people. */
  notes: string[];
  tests: { name: string; durationMs: number }[];
  /** What it printed; of interest only when something failed. */
  output: string;
}

export interface LeftOut {
  /** The test's or the suite's name. */
  name: string;
  reason: string;
}

export interface Failure {
  /** The test's name, with those of the suites around it. */
  name: string;
  error: string;
}

/** The outcome of a test file that has not begun. */
export function noOutcome(title: string): Outcome {
  return {
    title,
    durationMs: 0,
    passed: 0,
    skipped: 0,
    leftOut: [],
    failures: [],
    notes: [],
    tests: [],
    output: "",
  };
}
