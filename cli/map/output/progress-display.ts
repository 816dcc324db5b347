import type { Terminal } from "../../terminal.js";
import type { ProgressKind } from "./output-options.js";
import type { Progress } from "./progress.js";

/** Least time between two redraws of a terminal. */
const redrawMs = 100;
/** Time between two lines in a log. A shorter map has only its summary. */
const logEveryMs = 10_000;
const secondMs = 1000;

/** Shows progress on standard error: live on a terminal, elsewhere one line from time to time. */
export class ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  readonly #timer: NodeJS.Timeout | null;
  readonly #isJson: boolean;
  readonly #isLive: boolean;
  #shown = "";

  constructor(
    terminal: Terminal,
    progress: Progress,
    { kind, everySecond }: { kind: ProgressKind; everySecond: boolean },
  ) {
    this.#terminal = terminal;
    this.#progress = progress;
    this.#isJson = kind === "json";
    this.#isLive = kind === "bar" && terminal.isLive;
    const everyMs = this.#isLive ? redrawMs : everySecond ? secondMs : logEveryMs;
    this.#timer = kind === "none" ? null : setInterval(() => this.#show(), everyMs);
    this.#timer?.unref();
    if (this.#timer && this.#isLive) this.#show();
  }

  /** Removes the live lines and writes the summary. `tookMs`: how long the map took; default: until now. */
  end(tookMs?: number): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#terminal.status([]);
    const now = performance.now();
    if (this.#isJson) this.#terminal.err(`${JSON.stringify({ ...this.#progress.facts(now), ended: true })}\n`);
    else this.#terminal.err(`polyproc: ${this.#progress.summary(now, tookMs)}\n`);
  }

  #show(): void {
    const now = performance.now();
    if (this.#isJson) {
      this.#terminal.err(`${JSON.stringify(this.#progress.facts(now))}\n`);
      return;
    }
    if (!this.#isLive) {
      this.#terminal.err(`polyproc: ${this.#progress.line(now)}\n`);
      return;
    }
    const lines = this.#progress.lines(now);
    const text = lines.join("\n");
    if (text === this.#shown) return;
    this.#shown = text;
    this.#terminal.status(lines);
  }
}
