import { saysNothing, type Progress } from "../../../protocol/progress.js";
import type { ProcessInfo } from "../../../protocol/process.js";
import type { Timer } from "../clock.js";
import type { ProcessRecord } from "./process.js";

/** Least time between two reports that are shown, in milliseconds. */
const showMs = 100;
const nothing: Progress = { fraction: null, text: "" };

/** The job of a process's task. */
interface ProgressListener {
  progressed(index: number, progress: Progress): void;
}

type Report = NonNullable<ProcessInfo["progress"]>;

/**
 * Shows what a process reports of its task: at most one report in 100 ms, and always the last one. So a worker that
 * reports without end costs no more than one that reports ten times a second.
 */
export class ProgressGate {
  readonly #process: ProcessRecord;
  #waiting: { report: Report; job: ProgressListener | null } | null = null;
  #timer: Timer | undefined;
  /** The item whose report is shown. */
  #shown: { index: number; job: ProgressListener } | null = null;

  constructor(process: ProcessRecord) {
    this.#process = process;
  }

  /** `job` is told, too; then the report has an index. */
  set(report: Report, job: ProgressListener | null = null): void {
    if (this.#timer) {
      this.#waiting = { report, job };
      return;
    }
    this.#show(report, job);
    this.#timer = this.#process.engine.guard.after(showMs, null, () => {
      this.#timer = undefined;
      const waiting = this.#waiting;
      this.#waiting = null;
      if (waiting) this.set(waiting.report, waiting.job);
    });
  }

  /** The item has ended. Cheap enough for every task. */
  clear(): void {
    this.#waiting = null;
    this.#shown = null;
    if (this.#process.progress === null) return;
    this.#process.progress = null;
    this.#process.engine.events.taskChanged(this.#process);
  }

  #show(report: Report, job: ProgressListener | null): void {
    const { index, ...progress } = report;
    // The item before it, in the same task, has ended, and its result was not reported yet.
    if (this.#shown && this.#shown.index !== index) this.#shown.job.progressed(this.#shown.index, nothing);
    this.#shown = job && index !== undefined ? { index, job } : null;
    this.#process.progress = saysNothing(report) ? null : report;
    this.#process.engine.events.taskChanged(this.#process);
    if (index !== undefined) job?.progressed(index, progress);
  }
}
