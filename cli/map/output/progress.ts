import { formatDuration } from "../../../protocol/duration.js";
import { oneLine } from "../../../protocol/one-line.js";
import { progressText, saysNothing, type Progress as TaskProgress } from "../../../protocol/progress.js";

const barWidth = 24;
/** How many names of running items are shown. */
const namesShown = 8;
const nameWidth = 40;
/** The remaining time is told once this many items have ended. */
const leastForEta = 3;
/** After this many items of each slot, the rate is steady. */
const steadyRounds = 3;

/** Counts a map's progress and describes it. Times are in milliseconds, of any one clock. */
export class Progress {
  /** Null while unknown. */
  total: number | null;
  done = 0;
  failed = 0;
  skipped = 0;
  /** Items among `done` that were replayed from the cache. */
  cached = 0;
  readonly #since: number;
  /** How long the items that have ended ran, all together. */
  #ranMs = 0;
  readonly #running = new Map<number, { item: string; since: number; told?: TaskProgress }>();

  constructor(total: number | null, now: number) {
    this.total = total;
    this.#since = now;
  }

  get finished(): number {
    return this.done + this.failed;
  }

  started(index: number, item: string, now: number): void {
    this.#running.set(index, { item, since: now });
  }

  /** A running item's report. Of a chunk's items only the first was reported as started. */
  reported(index: number, item: string, told: TaskProgress, now: number): void {
    const running = this.#running.get(index);
    if (saysNothing(told)) {
      if (running) delete running.told;
    } else this.#running.set(index, { item, since: running?.since ?? now, told });
  }

  /** `ms`: how long it ran. */
  ended(index: number, kind: "done" | "failed" | "skipped", ms: number): void {
    this.#running.delete(index);
    this[kind]++;
    if (kind !== "skipped") this.#ranMs += ms;
  }

  /** It has stopped running, and has no outcome yet. */
  interrupted(index: number): void {
    this.#running.delete(index);
  }

  /** An item has become several. */
  split(index: number, parts: number): void {
    this.#running.delete(index);
    if (this.total !== null) this.total += parts - 1;
  }

  /** An earlier run has done the item: it is no part of this one. */
  passedOver(): void {
    if (this.total !== null) this.total--;
  }

  get running(): number {
    return this.#running.size;
  }

  /** Two lines for a terminal: a bar with numbers, and the running items. */
  lines(now: number): string[] {
    return [` ${this.#bar()}${this.#numbers(now)}`, ` ${this.#names(now)}`];
  }

  /** One line for a log. */
  line(now: number): string {
    const running = this.#running.size > 0 ? `, ${this.#running.size} running` : "";
    return `${this.#numbers(now)}${running}`;
  }

  /** The last line: `300 done, 2 failed, 5 not finished in 12.3 s`. */
  summary(now: number, tookMs = now - this.#since): string {
    const parts = [this.cached > 0 ? `${this.done} done (${this.cached} from the cache)` : `${this.done} done`];
    if (this.failed > 0) parts.push(`${this.failed} failed`);
    const notRun = this.total === null ? this.skipped : this.total - this.finished;
    if (notRun > 0) parts.push(`${notRun} not finished`);
    return `${parts.join(", ")} in ${formatDuration(tookMs)}`;
  }

  /** The same for programs. `etaMs`: null while it is unknown. */
  facts(now: number): Record<string, number | null> {
    const { done, failed, running, total } = this;
    const etaMs = this.#etaMs(now);
    return { total, done, failed, running, ms: Math.round(now - this.#since), etaMs: etaMs && Math.round(etaMs) };
  }

  /**
   * Milliseconds until the end, by the rate of the items that ended. Before some items of each slot have ended, that
   * rate would make it far too long, so it is estimated by how long items took.
   */
  #etaMs(now: number): number | null {
    if (this.total === null || this.finished < leastForEta || this.finished >= this.total) return null;
    const left = this.total - this.finished;
    const slots = this.#running.size;
    if (this.finished >= slots * steadyRounds) return ((now - this.#since) / this.finished) * left;
    const meanMs = this.#ranMs / this.finished;
    let leftMs = (left - slots) * meanMs;
    for (const { since } of this.#running.values()) leftMs += Math.max(0, meanMs - (now - since));
    return leftMs / slots;
  }

  #bar(): string {
    if (this.total === null || this.total === 0) return "";
    const parts = [...this.#running.values()].reduce((sum, { told }) => sum + (told?.fraction ?? 0), 0);
    const filled = Math.min(barWidth, Math.round(((this.finished + parts) / this.total) * barWidth));
    return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)} `;
  }

  #numbers(now: number): string {
    const seconds = (now - this.#since) / 1000;
    const rate = seconds > 0 ? this.finished / seconds : 0;
    const parts = [this.total === null ? `${this.done} done` : `${this.finished}/${this.total}`];
    if (this.failed > 0) parts.push(`${this.failed} failed`);
    if (rate > 0)
      parts.push(rate >= 1 ? `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)}/s` : `${(rate * 60).toFixed(1)}/min`);
    const etaMs = this.#etaMs(now);
    if (etaMs !== null) parts.push(`ETA ${formatDuration(etaMs)}`);
    return parts.join("  ");
  }

  #names(now: number): string {
    const oldest = [...this.#running.values()].slice(0, namesShown);
    const names = oldest.map(({ item, since, told }) => {
      const age = now - since;
      const name = told ? `${shorten(item)} ${shorten(progressText(told))}` : shorten(item);
      return age >= 1000 ? `${name} (${formatDuration(age)})` : name;
    });
    if (this.#running.size > oldest.length) names.push(`and ${this.#running.size - oldest.length} more`);
    return names.join(", ");
  }
}

/** Keeps the end of a long name: it says more than the beginning. */
function shorten(item: string): string {
  const text = oneLine(item);
  return text.length > nameWidth ? `…${text.slice(1 - nameWidth)}` : text;
}
