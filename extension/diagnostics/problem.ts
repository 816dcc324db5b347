/** Something that is wrong with a file, as a run has found it. */
export interface Problem {
  file: string;
  /** Both from 0. */
  line: number;
  column: number;
  message: string;
  severity: "error" | "warning" | "information";
  /** The line of the function that threw it. */
  thrownAt?: Place;
}

/** A line of a function that threw an error. */
export interface Place {
  file: string;
  line: number;
  column: number;
}
