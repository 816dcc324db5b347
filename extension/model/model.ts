import type { DeadlockInfo, SyncInfo } from "../../protocol/events.js";
import type { SessionInfo } from "../../protocol/lifecycle.js";
import type { PoolInfo } from "../../protocol/pool.js";
import type { ProcessInfo, Usage } from "../../protocol/process.js";
import type { RunInfo } from "../../protocol/run.js";
import type { QueuedInfo, WaitInfo } from "../../protocol/waits.js";
import type { Disposable } from "../connection/rpc.js";

/** Parts of the model, as they change. */
export type Part = "processes" | "usage" | "waits" | "pools" | "sync" | "deadlocks" | "runs" | "sessions";

/**
 * The state of the window's server, kept up to date by events. Maps are keyed by handle (sessions and deadlocks by id).
 * An entry is replaced when it changes, never altered, so `===` shows whether it changed. When the server is lost, all
 * entries are removed except those of ended processes and runs.
 */
export interface Model {
  /**
   * Living processes, and ended ones until the user dismisses them: processes that a client started, and those that
   * failed, but no warm hosts.
   */
  readonly processes: ReadonlyMap<string, ProcessInfo>;
  /** CPU and memory; updated only while a caller holds a `watchUsage()`. */
  readonly usage: ReadonlyMap<string, Usage>;
  readonly pools: ReadonlyMap<string, PoolInfo>;
  /** What each session waits for, the oldest wait first; updated only while a caller holds a `watchWaits()`. */
  readonly waits: ReadonlyMap<string, readonly WaitInfo[]>;
  /** Why the queued tasks of a pool have not begun, by pool; updated with `waits`. */
  readonly queued: ReadonlyMap<string, QueuedInfo>;
  /** Tasks that each pool settles a second, over the last seconds. */
  readonly rates: ReadonlyMap<string, number>;
  readonly sync: ReadonlyMap<string, SyncInfo>;
  readonly deadlocks: ReadonlyMap<string, DeadlockInfo>;
  readonly runs: ReadonlyMap<string, RunInfo>;
  readonly sessions: ReadonlyMap<string, SessionInfo>;
  /** At most ten times a second, with everything that changed since the last time. */
  onDidChange(listener: (parts: ReadonlySet<Part>) => void): Disposable;
  /** Keeps `usage` fresh until disposed. */
  watchUsage(): Disposable;
  /** Keeps `waits` and `queued` fresh until disposed. */
  watchWaits(): Disposable;
  /** Takes an ended process off the list. */
  dismiss(process: string): void;
  dismissEnded(): void;
}
