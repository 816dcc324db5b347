import type { OutputLine } from "../../protocol/process.js";
import type { Progress as TaskProgress } from "../../protocol/progress.js";
import type { Terminal } from "../terminal.js";
import { formatOutcome, isTruncated, type FormatOptions, type Written } from "./format-outcome.js";
import { InOrder } from "./in-order.js";
import { inlineFiles } from "./inline-files.js";
import type { Outcome } from "./outcome.js";
import { OutputWriter } from "./output-writer.js";
import { Progress } from "./progress.js";
import { ProgressDisplay } from "./progress-display.js";

export interface ReportOptions extends FormatOptions {
  quiet: boolean;
  keepOrder: boolean;
  /** Called after `mayFeed` returned false, when it may return true again. */
  wake: () => void;
  /** How long the map has run already, in milliseconds. Absent: it begins now. */
  sinceMs?: number;
}

/** With `--keep-order`: most items, and most bytes of output, that may be ahead of the next item to print. */
const maxItemsAhead = 100_000;
const maxBytesAhead = 64 * 1024 * 1024;

/** Prints all that a map shows: results, failures, progress. */
export class Report {
  #lost = false;
  readonly #terminal: Terminal;
  readonly #options: ReportOptions;
  readonly #progress: Progress;
  readonly #display: ProgressDisplay;
  readonly #writer: OutputWriter;
  readonly #order: InOrder<Written> | null;

  constructor(terminal: Terminal, total: number | null, options: ReportOptions) {
    this.#terminal = terminal;
    this.#writer = new OutputWriter(terminal);
    this.#options = options;
    this.#progress = new Progress(total, performance.now() - (options.sinceMs ?? 0));
    this.#display = new ProgressDisplay(terminal, this.#progress, options.quiet);
    this.#order = options.keepOrder ? new InOrder((written) => this.#write(written)) : null;
  }

  get failed(): number {
    return this.#progress.failed;
  }

  /** Whether an item failed, or some of its output is lost. */
  get isBad(): boolean {
    return this.failed > 0 || this.#lost;
  }

  started(index: number, item: string): void {
    this.#progress.started(index, item, performance.now());
  }

  reported(index: number, item: string, progress: TaskProgress): void {
    this.#progress.reported(index, item, progress, performance.now());
  }

  add(given: Outcome): void {
    const outcome = this.#options.json ? inlineFiles(given) : given;
    this.#progress.ended(outcome.index, outcome.kind);
    if (isTruncated(outcome)) this.#lost = true;
    const written = formatOutcome(outcome, this.#options);
    if (this.#order) this.#order.add(outcome.index, written, written.stdout.length + written.stderr.length);
    else this.#write(written);
  }

  /** An earlier run has done this item. */
  passedOver(index: number): void {
    this.#progress.passedOver();
    this.#order?.add(index, { files: [], stdout: "", stderr: "" }, 0);
  }

  /** Lines that a function printed. */
  printed(lines: readonly OutputLine[]): void {
    this.#terminal.err(lines.map((line) => `${line.text}\n`).join(""));
  }

  say(text: string): void {
    this.#terminal.err(`polyproc: ${text}\n`);
  }

  /** Whether results of this item could be written, or kept for their turn. */
  mayFeed(index: number): boolean {
    if (this.#order && (index - this.#order.next >= maxItemsAhead || this.#order.keptBytes >= maxBytesAhead))
      return false;
    if (this.#writer.isBehind) return false;
    if (!this.#terminal.isBehind) return true;
    this.#terminal.onDrained(this.#options.wake);
    return false;
  }

  /** `tookMs`: how long the map took. Default: until now. */
  async end(tookMs?: number): Promise<void> {
    await this.#writer.end();
    this.#display.end(tookMs);
  }

  #write(written: Written): void {
    this.#writer.write(written, () => this.#options.wake());
  }
}
