import type { RowState } from "../runs/run.js";

/**
 * The messages between a results panel and its page. The page has the short form of every row. Values, stacks and
 * output are sent only for the row whose details are open.
 */

export interface RunView {
  id: string;
  name: string;
  target: string;
  /** A command's items are processes of their own; a function's share workers. */
  kind: "function" | "command";
  /** `ending`: cancelled or halted, and something is still under way. */
  state: "running" | "ending" | "done" | "cancelled" | "halted" | "lost";
  /** Null: no limit, on a cluster. */
  processes: number | null;
  /** It runs on the hosts of a cluster. */
  isOnCluster: boolean;
  total: number;
  /** How many of its items were replayed. Absent: it has no cache. */
  cached?: number;
  /** Milliseconds since 1970 by the extension host's clock, like every time here. */
  startedAt: number;
  endedAt: number | null;
}

/** What a row shows. */
export interface RowView {
  index: number;
  label: string;
  /** Absolute path. */
  file: string | null;
  state: RowState;
  /** 0 before it has a process. */
  pid: number;
  /** The host of a cluster whose `pid` that is; null: this machine, or it is not known yet. */
  host: string | null;
  attempt: number;
  startedAt: number | null;
  ms: number | null;
  /** It did not run: its outcome is that of an earlier run. Absent: false. */
  cached?: boolean;
  /** Why it was not replayed. Absent: there is no reason to tell. */
  notCached?: string;
  /** From 0 to 1, of an item that runs and says how far it is. */
  fraction: number | null;
  /** The beginning of its result, error or report of progress, on one line, at most `previewLength` characters. */
  preview: string;
}

/** Text that may have been cut. */
export interface CutText {
  text: string;
  cut: boolean;
}

/** An error for display, with its cause. */
export interface ErrorView {
  /** `TypeError`, `WorkerLost` … */
  type: string;
  message: string;
  /** Stack as its language writes it. */
  stack: CutText | null;
  /** What else is known: exit code, signal, the error's own properties; JSON. */
  facts: CutText | null;
  /** Last lines of the standard error of a worker that was lost, or of a command that failed. */
  stderr: CutText | null;
  cause: ErrorView | null;
}

/** The details of one row. */
export interface DetailView {
  index: number;
  /** The function's argument, or a command's `{item}`, as JSON. */
  item: CutText;
  /** Pretty JSON; null while there is none. */
  value: CutText | null;
  /** The server dropped the result to stay within its limits. */
  valueGone: boolean;
  error: ErrorView | null;
  /** Set for a command that has ended. */
  command: { exitCode: number | null; signal: string | null } | null;
}

export interface OutputLine {
  stream: "stdout" | "stderr";
  text: string;
}

export type ToPage =
  /**
   * `now`: the extension host's clock, which in a remote window is another one than the page's. Sent before any row.
   */
  | { type: "run"; run: RunView; now: number }
  /** Rows that changed; at most ten messages a second, except for the first filling. */
  | { type: "rows"; rows: RowView[] }
  | { type: "detail"; detail: DetailView }
  /** All remembered output of an item, sent each time that it changed. `dropped` lines came before it. */
  | { type: "output"; index: number; lines: OutputLine[]; dropped: number }
  /** Moves the focus there. */
  | { type: "focus"; part: "table" | "timeline"; index?: number | undefined }
  /** The run could not be found again; `text` says why. */
  | { type: "gone"; text: string };

export type FromPage =
  | { type: "ready" }
  /** The row whose details are shown. */
  | { type: "look"; index: number | null }
  /** The rows that the menu, which opens now, is for. */
  | { type: "menu"; indexes: number[] }
  | { type: "openFile"; index: number }
  /** A place in a stack or in output; a relative `file` is searched for in the run's folder and in the workspace. */
  | { type: "openPlace"; index: number; place: Place }
  /** The whole value (or output) in an editor. */
  | { type: "openText"; index: number; what: "value" | "item" | "output" }
  /** Null: every row. In the order of the table. */
  | { type: "copy"; indexes: number[] | null }
  | { type: "rerun"; indexes: number[] }
  | { type: "rerunFailed" }
  | { type: "cancel"; indexes: number[] | null };

/** Lines and columns from 1. */
export interface Place {
  file: string;
  line: number | null;
  column: number | null;
}

export const previewLength = 200;
