import type { Progress } from "../../protocol/progress.js";
import type { Target } from "../../protocol/target.js";
import type { Item } from "./items/items.js";
import type { Outcome } from "./outcome.js";

export interface MapRunOptions {
  target: Target;
  /**
   * The arguments of the command for an item; the target then has none. Bytes go to its standard input. `slot`: from 1,
   * of the items that run at a time. Throws an Error if the item cannot be filled in. Null: the server fills it in.
   */
  fill: ((item: Item & { ok: true }, index: number, slot: number) => (string | Uint8Array)[]) | null;
  /** Most workers or commands at a time; it may change while the map runs. */
  processes: (() => number) | undefined;
  /** Most that `processes` may ever return. Absent: it does not change. */
  maxProcesses?: number;
  /** Address of the cluster on whose hosts they run. Undefined: the server's own machine. */
  cluster?: string | undefined;
  /** Items in one task. */
  chunkSize: number;
  retries: number;
  timeoutMs: number | null;
  /** Called once for each item, in no particular order. */
  onOutcome: (outcome: Outcome) => void;
  /** Called once for each item. True: do not run it, because its outcome is known. */
  passesOver: (item: Item, index: number) => boolean;
  onStarted: (index: number, item: string, pid: number) => void;
  /**
   * What is done with an item that failed. `again`: it runs once more, after `inMs`. `split`: its parts run instead.
   */
  afterFailure: (item: Item & { ok: true }, outcome: Outcome & { kind: "failed" }) => AfterFailure;
  /** The item was ended by `stopItem`, and runs again later. */
  onDisplaced: (index: number, item: string) => void;
  /** Milliseconds until the next item may start, or until this is asked again. 0: now. */
  pause: () => number;
  /** Called with items that are sent, and start. */
  onSubmit: () => void;
  /** A running command wrote these bytes, if its target has `stream`. Resolves when more may come; null: at once. */
  onOutput: (index: number, item: string, stream: "stdout" | "stderr", data: Uint8Array) => Promise<void> | null;
  /** A running item reported progress, or took the report back. */
  onProgress: (index: number, item: string, progress: Progress) => void;
  /**
   * Whether the reader of the results is fast enough for this item to start. After it has returned false, call `wake`
   * when it may return true.
   */
  mayFeed: (index: number) => boolean;
}

export type AfterFailure = { do: "report" | "split" } | { do: "again"; inMs: number };

/** Why `stopItem` ends a running item. `late`: it fails. `displaced`: it runs again later. */
export type StopReason = "late" | "displaced";
