import type { BatchEntryInfo } from "../../../protocol/batch.js";
import type { StoredEntry } from "../../../protocol/batch-record.js";
import type { BatchRun } from "./batch-run.js";

/** A command of the batch queue: what is stored of it, and its process while it runs. */
export class BatchEntry {
  /** Replaced as a whole with each change. */
  record: StoredEntry;
  run: BatchRun | null = null;
  /** Memory that it takes, in bytes. */
  bytes = 0;

  constructor(record: StoredEntry) {
    this.record = record;
    this.bytes = JSON.stringify(record).length;
  }

  get number(): number {
    return this.record.entry;
  }

  /** Running or paused. */
  get active(): boolean {
    return this.record.state === "running" || this.record.state === "paused";
  }

  get ended(): boolean {
    const { state } = this.record;
    return state === "done" || state === "failed" || state === "lost" || state === "skipped";
  }

  describe(): BatchEntryInfo {
    const { version: _, env: __, umask: ___, nice: ____, limits: _____, ...shown } = this.record;
    return { ...shown, pid: this.run?.pid ?? null };
  }
}

/** What an entry is before its first start. */
export const fresh = {
  state: "queued",
  exitCode: null,
  reason: null,
  startedAt: null,
  endedAt: null,
} as const satisfies Partial<StoredEntry>;
