/** A function that a worker can run: its module exports it under a name. */
export interface FoundFunction {
  /** What `export` of a module target names; dots reach into objects. */
  export: string;
  /** Its name for people; for a default export without a name: `default`. */
  name: string;
  kind: "function" | "class";
  /** A run can use it: it takes one argument, and the module's own program or framework is not its only caller. */
  fits: boolean;
  /** Where its name stands; both from 0. */
  line: number;
  column: number;
}
