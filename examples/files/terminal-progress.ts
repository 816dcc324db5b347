import cliProgress from "cli-progress";
import { bytes, duration, whole } from "./numbers.js";
import { doneShare, type Progress, type Total } from "./progress.js";
import type { Tally, WorkerTally } from "./tally.js";

const everyMs = 100;

interface Shown {
  pieces: number;
  bytes: number;
  at: number;
  rate: string;
}

/** Shows a bar for the whole run, and for each worker a line: its pid, its rate, its last file. */
export class TerminalProgress implements Progress {
  readonly #tally: Tally;
  readonly #total: Total;
  readonly #bars: cliProgress.MultiBar;
  readonly #bar: cliProgress.SingleBar;
  readonly #lines = new Map<number, cliProgress.SingleBar>();
  readonly #shown = new Map<number, Shown>();
  readonly #timer: NodeJS.Timeout;
  readonly #began = performance.now();

  constructor(tally: Tally, total: Total) {
    this.#tally = tally;
    this.#total = total;
    this.#bars = new cliProgress.MultiBar(
      { hideCursor: true, barsize: 30, fps: 1000 / everyMs, linewrap: false, emptyOnZero: true },
      cliProgress.Presets.shades_classic,
    );
    this.#bar = this.#bars.create(1, 0, this.#overall(), { format: "{bar} {percentage} %  {done}  {rate}  {left}" });
    this.#timer = setInterval(() => this.#draw(), everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#draw();
    this.#bars.stop();
  }

  #draw(): void {
    this.#bar.update(doneShare(this.#tally, this.#total), this.#overall());
    for (const [pid, worker] of this.#tally.workers) {
      let line = this.#lines.get(pid);
      if (!line) this.#lines.set(pid, (line = this.#bars.create(1, 0, {}, { format: "  {text}" })));
      line.update(0, { text: this.#describe(pid, worker) });
    }
  }

  #overall(): Record<string, string> {
    const { done, bytes: doneBytes } = this.#tally;
    const ms = performance.now() - this.#began;
    const share = doneShare(this.#tally, this.#total);
    return {
      done: `${whole(done)} of ${whole(this.#total.files)} files`,
      rate:
        ms < 500 ? "starting" : `${whole((done / ms) * 1000)} files/s, ${bytes(Math.round((doneBytes / ms) * 1000))}/s`,
      left: ms < 500 || share === 0 || share === 1 ? "" : `${duration((ms / share) * (1 - share))} left`,
    };
  }

  #describe(pid: number, worker: WorkerTally): string {
    const text = `${String(pid).padStart(7)}  ${this.#rate(pid, worker).padEnd(26)}  `;
    const room = (process.stdout.columns ?? 80) - text.length - 4;
    return text + (worker.at.length <= room ? worker.at : `…${worker.at.slice(worker.at.length - room + 1)}`);
  }

  /** Rate over the last second; at first since the worker's start. */
  #rate(pid: number, worker: WorkerTally): string {
    const now = performance.now();
    const last = this.#shown.get(pid) ?? { pieces: 0, bytes: 0, at: worker.since, rate: "" };
    const ms = now - last.at;
    if (ms < 1000 && last.rate !== "") return last.rate;
    const rate =
      ms < 100
        ? ""
        : `${whole(((worker.pieces - last.pieces) / ms) * 1000)} pieces/s ` +
          `${bytes(Math.round(((worker.bytes - last.bytes) / ms) * 1000))}/s`;
    if (ms >= 1000) this.#shown.set(pid, { pieces: worker.pieces, bytes: worker.bytes, at: now, rate });
    return rate;
  }
}
