/** Something that is wrong with a file, as a run has found it. */
export interface Problem {
  file: string;
  /** Both from 0. */
  line: number;
  column: number;
  message: string;
  severity: "error" | "warning" | "information";
}
