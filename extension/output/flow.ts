import { t } from "../l10n.js";

/** An output channel, or another place that text can be appended to. */
export interface Sink {
  append(text: string): void;
}

/** Between two appends. */
const intervalMs = 100;
/** Characters in a second that an editor's document takes without a delay that the user notices. */
const maxCharsPerSecond = 256 * 1024;

/**
 * The priority of lines when there are too many. Output is dropped first; failures have as much room again; a run's
 * beginning and its summary are always shown.
 */
export type Worth = "output" | "failure" | "summary";
const lowestRoom: Record<Worth, number> = { output: 0, failure: -maxCharsPerSecond, summary: -Infinity };

export interface FlowOptions {
  sink: Sink;
  /** Milliseconds, monotonic. */
  now?: () => number;
  later?: (action: () => void, ms: number) => NodeJS.Timeout;
}

/**
 * Sends lines to an output channel in few appends, and at most as many lines as the channel can show. Further lines are
 * dropped; a note in their place says how many.
 */
export class Flow {
  readonly #sink: Sink;
  readonly #now: () => number;
  readonly #later: (action: () => void, ms: number) => NodeJS.Timeout;
  #waiting: string[] = [];
  #leftOut = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Characters that may be shown now; refilled over time. */
  #room = maxCharsPerSecond;
  #filledAt: number;
  /**
   * Lines were dropped, and there is not yet enough room to show some again. Without this wait a note would follow
   * every other line.
   */
  #flooded = false;

  constructor({ sink, now = () => performance.now(), later = setTimeout }: FlowOptions) {
    this.#sink = sink;
    this.#now = now;
    this.#later = later;
    this.#filledAt = now();
  }

  /** Whole lines, without their ends. */
  add(lines: readonly string[], worth: Worth): void {
    if (lines.length === 0) return;
    this.#fill();
    for (const line of lines) {
      const after = this.#room - line.length - 1;
      if ((this.#flooded && worth === "output") || after < lowestRoom[worth]) {
        this.#leftOut++;
        this.#flooded = true;
        continue;
      }
      this.#sayLeftOut();
      this.#room = after;
      this.#waiting.push(line);
    }
    this.#timer ??= this.#later(() => this.flush(), intervalMs);
  }

  /** This many lines were dropped before they arrived here. */
  lost(count: number): void {
    if (count === 0) return;
    this.#leftOut += count;
    this.#timer ??= this.#later(() => this.flush(), intervalMs);
  }

  flush(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    this.#fill();
    // One note is enough: during a flood it waits for the end of the flood.
    if (!this.#flooded) this.#sayLeftOut();
    if (this.#leftOut > 0) this.#timer = this.#later(() => this.flush(), intervalMs);
    if (this.#waiting.length === 0) return;
    const text = `${this.#waiting.join("\n")}\n`;
    this.#waiting = [];
    this.#sink.append(text);
  }

  dispose(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #sayLeftOut(): void {
    if (this.#leftOut === 0) return;
    this.#waiting.push(
      t(
        this.#leftOut === 1 ? "… {0} line left out, see Results" : "… {0} lines left out, see Results",
        this.#leftOut.toLocaleString("en"),
      ),
    );
    this.#leftOut = 0;
  }

  #fill(): void {
    const now = this.#now();
    this.#room = Math.min(maxCharsPerSecond, this.#room + ((now - this.#filledAt) / 1000) * maxCharsPerSecond);
    this.#filledAt = now;
    if (this.#room > maxCharsPerSecond / 2) this.#flooded = false;
  }
}
