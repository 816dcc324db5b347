/** What one test file, or one check, came to. */
export interface Outcome {
  title: string;
  durationMs: number;
  passed: number;
  skipped: number;
  failures: Failure[];
  /** What it measured, for people. */
  notes: string[];
  tests: { name: string; durationMs: number }[];
  /** What it printed; of interest only when something failed. */
  output: string;
}

export interface Failure {
  /** The test's name, with those of the suites around it. */
  name: string;
  error: string;
}
