/** The engine's only source of time, so that tests can move it. */
export interface Clock {
  /** Monotonic milliseconds, with fractions. */
  now(): number;
  /** Milliseconds since 1970, for people. */
  wallTime(): number;
  /** Fires once. Any finite delay of 0 or more, also one longer than the platform's own timers can take. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

export interface Timer {
  /** No effect once it has fired. */
  cancel(): void;
}
