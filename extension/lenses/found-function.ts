/** A function that a worker can run: its module exports it under a name. */
export interface FoundFunction {
  /** What `export` of a module target names; dots reach into objects. */
  export: string;
  /** What people call it; for a default export without a name: `default`. */
  name: string;
  kind: "function" | "class";
  /** Where its name stands; both from 0. */
  line: number;
  column: number;
}
