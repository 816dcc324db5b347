import type { CommandTarget, ModuleTarget } from "../../protocol/target.js";
import type { RunLine } from "../engine/runs/run-output.js";

/** What the thread is told of a run. */
export interface CachedRun {
  /** Absolute path of the folder with the outcomes. */
  folder: string;
  maxBytes: number;
  target: ModuleTarget | CommandTarget;
  /** Absolute path of the folder in which items run, unless a command has its own. */
  cwd: string;
  /** For a function: changes to the environment. */
  env: Readonly<Record<string, string | null>>;
  /** Names of the variables that count. */
  variables: readonly string[];
  inputs: readonly string[];
  /** Not 0: nobody waits for answers any more. */
  isDropped: Int32Array<SharedArrayBuffer>;
}

/** Values are payloads, with their bytes in memory of their own. */
export type ToThread =
  | { kind: "open"; run: number; about: CachedRun }
  | { kind: "look"; run: number; call: number; from: number; items: Uint8Array[] }
  | { kind: "keep"; run: number; index: number; item: Uint8Array; outcome: KeptOutcome }
  | { kind: "close"; run: number };

export interface KeptOutcome {
  value: Uint8Array;
  ms: number;
  lines: readonly RunLine[];
}

export type Looked = KeptOutcome | { why: string | null };

export type FromThread =
  | { kind: "looked"; call: number; found: readonly Looked[] }
  /** It is reading a file. */
  | { kind: "busy" }
  /** An outcome was stored, or could not be. `bytes`: of its value and item. */
  | { kind: "kept"; bytes: number }
  | { kind: "closed"; run: number }
  /** Nothing is left to do for the run. */
  | { kind: "over"; run: number };
