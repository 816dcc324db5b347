import { failsForAll } from "../../../protocol/fails-for-all.js";
import type { OutputLine } from "../../../protocol/process.js";
import type { Progress as TaskProgress } from "../../../protocol/progress.js";
import type { Target } from "../../../protocol/target.js";
import type { Terminal } from "../../terminal.js";
import { formatOutcome, isTruncated, tagOf, type FormatOptions, type Written } from "./format-outcome.js";
import type { Counts } from "../limits/halt.js";
import { InOrder } from "./in-order.js";
import { inlineFiles } from "./inline-files.js";
import { commandResult, withoutOutput, type Outcome } from "../outcome.js";
import type { OutputFiles } from "./output-files.js";
import type { ProgressKind } from "./output-options.js";
import { OutputWriter } from "./output-writer.js";
import { Progress } from "./progress.js";
import { ProgressDisplay } from "./progress-display.js";
import { shownItem } from "../items/shown-item.js";
import { StreamPrinter, type Streaming } from "./stream-printer.js";

export interface ReportOptions extends FormatOptions {
  progress: { kind: ProgressKind; everySecond: boolean };
  keepOrder: boolean;
  /** Keeps outputs as files. Null: they are printed only. */
  files: OutputFiles | null;
  /** Prints the output of commands while they run. Null: when they have ended. */
  streaming: Streaming | null;
  /** The files' names are printed, not the outputs. */
  printsNames: boolean;
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
  /** What lines of items without an outcome begin with, if the user said that. */
  readonly #tags = new Map<number, string>();
  #lost = false;
  /** Whether the user has read why no item can run. */
  #saidForAll = false;
  readonly #terminal: Terminal;
  readonly #options: ReportOptions;
  readonly #progress: Progress;
  readonly #display: ProgressDisplay;
  readonly #writer: OutputWriter;
  readonly #streams: StreamPrinter | null;
  readonly #order: InOrder<Written> | null;
  /** The fields of items that have no outcome; only if outputs are kept as files. */
  readonly #fields = new Map<number, readonly string[]>();

  constructor(terminal: Terminal, total: number | null, options: ReportOptions) {
    this.#terminal = terminal;
    this.#writer = new OutputWriter(terminal);
    this.#options = options;
    this.#progress = new Progress(total, performance.now() - (options.sinceMs ?? 0));
    this.#display = new ProgressDisplay(terminal, this.#progress, options.progress);
    this.#streams =
      options.streaming &&
      new StreamPrinter(terminal, options.streaming, (index, item) => tagOf(item, this.#formatOf(index)));
    this.#order = options.keepOrder ? new InOrder((written) => this.#write(written)) : null;
  }

  get failed(): number {
    return this.#progress.failed;
  }

  /** Whether an item failed, or some of its output is lost. */
  get isBad(): boolean {
    return this.failed > 0 || this.#lost;
  }

  get counts(): Counts {
    return this.#progress;
  }

  /** An item that will run. */
  taken(index: number, fields: readonly string[], tag: string | null): void {
    if (this.#options.files) this.#fields.set(index, fields);
    if (tag !== null) this.#tags.set(index, tag);
  }

  /** The item has failed, and runs again. */
  again(index: number): void {
    this.#streams?.ended(index);
    this.#progress.interrupted(index);
  }

  /** The command of several items has failed, and they run one by one. */
  split(index: number, item: string, parts: number): void {
    this.#streams?.ended(index);
    this.#progress.split(index, parts);
    this.#order?.add(index, { files: [], stdout: "", stderr: "" }, 0);
    this.say(`${shownItem(item)}: failed; its ${parts} items run one by one`);
  }

  /** A running command wrote these bytes. Resolves when more may come; null: at once. */
  wrote(index: number, item: string, stream: "stdout" | "stderr", data: Uint8Array): Promise<void> | null {
    this.#streams?.print(index, item, stream, data);
    return this.#terminal.isBehind ? new Promise((drained) => this.#terminal.onDrained(drained)) : null;
  }

  started(index: number, item: string): void {
    this.#progress.started(index, item, performance.now());
  }

  reported(index: number, item: string, progress: TaskProgress): void {
    this.#progress.reported(index, item, progress, performance.now());
  }

  /** `target`: what the item was given to. */
  add(given: Outcome, target: Target): void {
    const outcome = this.#options.json ? inlineFiles(given) : given;
    const isForAll = outcome.kind === "failed" && failsForAll(outcome.error, target);
    this.#progress.ended(outcome.index, outcome.kind, outcome.ms);
    if (outcome.cached) this.#progress.cached++;
    if (isTruncated(outcome) && !this.#streams) this.#lost = true;
    this.#streams?.ended(outcome.index);
    const printed = this.#keep(outcome);
    const shown = this.#streams ? withoutOutput(outcome) : (printed?.outcome ?? outcome);
    const said = isForAll ? (this.#saidForAll ? "not at all" : "without the item") : "with the item";
    this.#saidForAll ||= isForAll;
    const written = formatOutcome(shown, this.#formatOf(outcome.index), said);
    this.#tags.delete(outcome.index);
    if (printed) written.stdout = printed.name;
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

  /** Whether a result of this item could be written, or kept until its turn. */
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

  #formatOf(index: number): FormatOptions {
    const { json, tag } = this.#options;
    return { json, tag: this.#tags.get(index) ?? tag };
  }

  /** Keeps the output as files. Returns what is printed in its place; null: the output itself. */
  #keep(outcome: Outcome): { outcome: Outcome; name: string } | null {
    const { files, printsNames, json } = this.#options;
    const result = files && commandResult(outcome);
    const fields = this.#fields.get(outcome.index) ?? [outcome.item];
    this.#fields.delete(outcome.index);
    if (!result) return null;
    try {
      const path = files.keep(outcome.index, fields, result);
      return json ? null : { outcome: withoutOutput(outcome), name: printsNames ? `${path}\n` : "" };
    } catch (error) {
      this.#lost = true;
      this.say(`${shownItem(outcome.item)}: its output cannot be kept: ${(error as Error).message}`);
      return null;
    }
  }

  #write(written: Written): void {
    this.#writer.write(written, () => this.#options.wake());
  }
}
