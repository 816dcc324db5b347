import type { Failure } from "../../protocol/job.js";
import type { Cache, Halt, RunInfo } from "../../protocol/run.js";
import type { Progress } from "../../protocol/progress.js";
import type { Target } from "../../protocol/target.js";
import type { RunWaits } from "../../bindings/typescript/runs/trace.js";
import type { Disposable } from "../connection/rpc.js";
import type { ItemSource } from "../items/item-source.js";

/** One item of a run: the function's argument, and how it is shown. */
export interface RunItem {
  /** Any JSON value. A file is its absolute path. */
  value: unknown;
  label: string;
  /** Absolute path of the file that it concerns: diagnostics and "open" go there. */
  file: string | null;
}

export interface RunOptions {
  /** Default: the setting. 0: the number of CPUs. */
  processes?: number | undefined;
  chunkSize?: number | undefined;
  retries?: number | undefined;
  /** Time limit of each item, in milliseconds. Default: the setting. 0: none. */
  timeoutMs?: number | undefined;
  halt?: Halt | undefined;
  /**
   * Replays outcomes of items that succeeded before, while nothing has changed that they depend on. True: outcomes in
   * the user's folder for caches, which depend on the variables that `env` names. Default: false, and of runs that the
   * user starts, the setting.
   */
  cache?: boolean | Cache | undefined;
  /** Default: `here`. `cluster`: on the hosts of the cluster that the setting names. */
  where?: RunPlace | undefined;
}

export type RunPlace = "here" | "cluster";

/** What `Runs.start` takes; kept with the run by the server, so that another window can show and repeat it. */
export interface RunRequest {
  name: string;
  target: Target;
  /** Absolute path of the folder in which a function runs. Default: the server's. */
  cwd?: string | undefined;
  /** Changes to the environment of a function's workers; null removes a variable. A command's target has its own. */
  env?: Record<string, string | null> | undefined;
  items: readonly RunItem[];
  /**
   * What the user chose: what runs, such as `countWords` or the line for the shell, and where the items were found.
   * Absent if another program chose the items, or if they are a part of those that were found.
   */
  recipe?: { what: string; source: ItemSource } | undefined;
  /** Handle of the first run, if this one runs items of it again. */
  first?: string | undefined;
  options: RunOptions;
  /** How the run was started. Notifications and panels are only for runs that the user started by hand. */
  origin: "command" | "task" | "api";
}

/** `lost`: the server ended before the item did. */
export type RowState = "queued" | "running" | "done" | "failed" | "cancelled" | "lost";

/** One item's row. It is replaced when it changes, never altered. */
export interface Row {
  readonly index: number;
  /** Index of the first item of its chunk, as far as known: that of the item itself until it has begun. */
  readonly chunk: number;
  readonly label: string;
  readonly file: string | null;
  readonly state: RowState;
  /** 0 before it has a process. */
  readonly pid: number;
  /** The host of a cluster whose `pid` that is. Absent: this machine, or it is not known yet. */
  readonly host?: string;
  readonly attempt: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number | null;
  /** How long it ran, or had run when its outcome was kept. */
  readonly ms: number | null;
  /** It did not run: its outcome is that of an earlier run. Absent: false. */
  readonly cached?: boolean;
  /** For the user: why it was not replayed, such as `/data/a.txt changed`. Absent: there is no reason to tell. */
  readonly notCached?: string;
  /** The progress that it last reported, while it runs. */
  readonly progress?: Progress;
  /**
   * Of an item that is done: its result; undefined when the server no longer has it. A command's is a CommandResult.
   */
  readonly value?: unknown;
  readonly error?: Failure;
}

export interface OutputText {
  stream: "stdout" | "stderr";
  text: string;
}

/** A run that the window follows: it started the run, or found it on its server. */
export interface Run {
  /** Handle of the run. */
  readonly id: string;
  readonly request: RunRequest;
  /** The run as the server last described it. */
  readonly info: RunInfo;
  /** By index, one for each item. */
  readonly rows: readonly Row[];
  /** The server was lost before the run ended. */
  readonly lost: boolean;
  /** Whether the run has ended or was lost. */
  readonly ended: boolean;
  /**
   * Rows that changed (their indexes), and `info` with them; at most ten times a second. Ends with `ended` being true.
   */
  onDidChange(listener: (changed: readonly number[]) => void): Disposable;
  /** Every line that an item writes from now on, whole and in order; `dropped` of them were left out before. */
  onOutput(listener: (index: number, lines: readonly OutputText[], dropped: number) => void): Disposable;
  /** Resolves when the run has ended or was lost. Never rejects. */
  readonly whenEnded: Promise<void>;
  /** Cancels these items; without `indexes`, all that have not ended. */
  cancel(indexes?: readonly number[]): Promise<void>;
  /** What an item wrote so far, as far as the server remembers. */
  output(index: number): Promise<{ lines: OutputText[]; dropped: number }>;
  /** What its workers waited for, as far as the server remembers. */
  waits(): Promise<RunWaits>;
}

/** The window's runs. */
export interface Runs {
  /** Newest last. */
  readonly all: readonly Run[];
  /** A run was started, found or forgotten. */
  onDidChange(listener: () => void): Disposable;
  /** This window started a run, or found it on the server after a reload (`found`). */
  onDidAdd(listener: (run: Run, found: boolean) => void): Disposable;
  /** Starts a run. Rejects with an error for the user. */
  start(request: RunRequest): Promise<Run>;
  /** Starts the same again, with all items or only these. */
  again(run: Run, indexes?: readonly number[]): Promise<Run>;
  /** Forgets a run that has ended. */
  forget(run: Run): Promise<void>;
  /** Forgets every run of the server that has ended. */
  forgetEnded(): Promise<void>;
}
