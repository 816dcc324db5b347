/** The engine's only source of time, so that tests can move it. */
export interface Clock {
  /** Monotonic milliseconds, with fractions. */
  now(): number;
  /** Milliseconds since 1970, to show to people. */
  wallTime(): number;
  /** Fires once. `delayMs`: any finite number from 0 up, also beyond the maximum of the platform's timers. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

export interface Timer {
  /** No effect once it has fired. */
  cancel(): void;
}
