import type { Terminal } from "../terminal.js";
import type { Progress } from "./progress.js";

/** Least time between two redraws of a terminal. */
const redrawMs = 100;
/** Time between two lines in a log. A shorter map has only its summary. */
const logEveryMs = 10_000;

/** Shows progress on standard error: live on a terminal, elsewhere one line from time to time. */
export class ProgressDisplay {
  readonly #terminal: Terminal;
  readonly #progress: Progress;
  readonly #timer: NodeJS.Timeout | null;
  #shown = "";

  constructor(terminal: Terminal, progress: Progress, quiet: boolean) {
    this.#terminal = terminal;
    this.#progress = progress;
    this.#timer = quiet ? null : setInterval(() => this.#show(), terminal.isLive ? redrawMs : logEveryMs);
    this.#timer?.unref();
    if (this.#timer && terminal.isLive) this.#show();
  }

  /** Removes the live lines and writes the summary. `tookMs`: how long the map took; default: until now. */
  end(tookMs?: number): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#terminal.status([]);
    this.#terminal.err(`polyproc: ${this.#progress.summary(performance.now(), tookMs)}\n`);
  }

  #show(): void {
    const now = performance.now();
    if (!this.#terminal.isLive) {
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
