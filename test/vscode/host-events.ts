/** What the tests in the extension host tell, one line of JSON each. */
export type HostEvent =
  | { kind: "begins"; title: string }
  /** The running test has ended. `error`: why it failed. */
  | { kind: "ends"; skipped: boolean; error: string | null }
  /** Something measured, for people. */
  | { kind: "note"; text: string }
  /** All tests have run. */
  | { kind: "over" };

/** Given to the extension host in POLYPROC_HOST_TESTS, as JSON. */
export interface HostTestsOrder {
  /** Where the events go. */
  socket: string;
  /** URL of mocha's module. */
  mocha: string;
  /** Bundled suites, one file each. */
  suites: string[];
}

export const orderVariable = "POLYPROC_HOST_TESTS";
