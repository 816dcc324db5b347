import type { RunEntry } from "../../../protocol/run.js";
import { ChangeLog } from "./change-log.js";

/** An entry without its outcome. `RunOutcomes` has the outcomes. */
export type RunItem = Readonly<Pick<RunEntry, "state" | "pid" | "attempt" | "startedAt" | "ms">>;

const untouched: RunItem = { state: "queued", pid: 0, attempt: 1, startedAt: null, ms: null };

/** The latest state of each item of a run, and the order of the changes. */
export class RunItems {
  readonly total: number;
  readonly log: ChangeLog;
  readonly counts: Record<RunEntry["state"], number>;
  readonly #items = new Map<number, RunItem>();

  constructor(total: number) {
    this.total = total;
    this.log = new ChangeLog(total);
    this.counts = { queued: total, running: 0, done: 0, failed: 0, cancelled: 0 };
  }

  get(index: number): RunItem {
    return this.#items.get(index) ?? untouched;
  }

  set(index: number, item: RunItem): void {
    this.counts[this.get(index).state]--;
    this.counts[item.state]++;
    this.#items.set(index, item);
    this.log.add(index);
  }

  isOver(index: number): boolean {
    const { state } = this.get(index);
    return state !== "queued" && state !== "running";
  }

  /** Whether every item has its outcome. */
  get areOver(): boolean {
    return this.counts.queued + this.counts.running === 0;
  }
}
