import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { UsageError } from "../usage-error.js";
import type { Item } from "./items/items.js";
import { commandResult, type Outcome } from "./outcome.js";

/** `json`: an object a line. `tab`: the table of GNU parallel's --joblog. */
export type LogFormat = "json" | "tab";

/** Which items of an earlier run are passed over. */
export type Resume = "none" | "ended" | "succeeded";

const tabHeader = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";
/** Milliseconds until written lines are on the disk. */
const syncMs = 1000;

/**
 * A file with a line for each item that has ended. An item is known by its command: a later run finds it there even
 * when its position has changed. Items with the same command count as one.
 */
export class JobLog {
  readonly #format: LogFormat;
  readonly #file: number;
  readonly #resume: Resume;
  readonly #describe: (item: Item & { ok: true }, index: number) => string;
  /** Commands of earlier runs, and whether their last attempt succeeded. */
  readonly #known: ReadonlyMap<string, boolean>;
  readonly #running = new Map<number, { command: string; startedAt: number }>();
  #sync: NodeJS.Timeout | null = null;

  /** `describe`: the command of an item; it may throw. Throws UsageError if the file cannot be opened. */
  constructor(
    path: string,
    format: LogFormat,
    resume: Resume,
    describe: (item: Item & { ok: true }, index: number) => string,
  ) {
    this.#format = format;
    this.#resume = resume;
    this.#describe = describe;
    try {
      const text = resume !== "none" && existsSync(path) ? readFileSync(path, "utf8") : "";
      this.#known = format === "json" ? readJson(text) : readTable(text);
      this.#file = openSync(path, resume === "none" ? "w" : "a");
      if (text === "") this.#write(format === "tab" ? tabHeader : "");
      // A run that was killed may have left half a line.
      else if (!text.endsWith("\n")) this.#write("\n");
    } catch (error) {
      throw new UsageError(`the log cannot be used: ${(error as Error).message}`);
    }
  }

  /** Call for each item before it is run. Whether an earlier run has done it. */
  passesOver(item: Item, index: number): boolean {
    const command = this.#commandOf(item, index);
    const succeeded = this.#known.get(command);
    if (this.#resume === "ended" ? succeeded !== undefined : succeeded === true) return true;
    this.#running.set(index, { command, startedAt: Date.now() });
    return false;
  }

  started(index: number): void {
    const running = this.#running.get(index);
    if (running) running.startedAt = Date.now();
  }

  /** Items that did not run to their end are not logged. */
  ended(outcome: Outcome): void {
    const running = this.#running.get(outcome.index);
    this.#running.delete(outcome.index);
    if (!running || outcome.kind === "skipped") return;
    const { command, startedAt } = running;
    const { index, item, ms, host } = outcome;
    const result = commandResult(outcome);
    const ok = outcome.kind === "done";
    const exitCode = result ? result.exitCode : ok ? 0 : null;
    const signal = result?.signal ?? null;
    if (this.#format === "json")
      this.#write(`${JSON.stringify({ command, item, index, ok, exitCode, signal, startedAt, ms })}\n`);
    else {
      const number = signal === null ? 0 : constants.signals[signal as NodeJS.Signals];
      const columns = [
        index + 1,
        host ?? ":",
        (startedAt / 1000).toFixed(3),
        (ms / 1000).toFixed(3).padStart(10),
        0,
        Buffer.byteLength(result?.stdout ?? ""),
        exitCode ?? (signal === null ? -1 : 0),
        number,
        oneRow(command),
      ];
      this.#write(`${columns.join("\t")}\n`);
    }
    this.#sync ??= setTimeout(() => {
      this.#sync = null;
      fdatasyncSync(this.#file);
    }, syncMs);
  }

  close(): void {
    if (this.#sync) clearTimeout(this.#sync);
    fdatasyncSync(this.#file);
    closeSync(this.#file);
  }

  #commandOf(item: Item, index: number): string {
    if (!item.ok) return item.text;
    try {
      const command = this.#describe(item, index);
      return this.#format === "tab" ? oneRow(command) : command;
    } catch {
      return item.text;
    }
  }

  #write(text: string): void {
    writeSync(this.#file, text);
  }
}

/** A command in the table has no line ends and no tabs of its own. */
function oneRow(command: string): string {
  return command.replaceAll("\n", " ").replaceAll("\t", " ");
}

function readJson(text: string): Map<string, boolean> {
  const known = new Map<string, boolean>();
  for (const line of text.split("\n")) {
    try {
      const { command, ok } = JSON.parse(line) as { command?: unknown; ok?: unknown };
      if (typeof command === "string") known.set(command, ok === true);
    } catch {
      // The end of a run that was killed.
    }
  }
  return known;
}

function readTable(text: string): Map<string, boolean> {
  const known = new Map<string, boolean>();
  for (const line of text.split("\n").slice(1)) {
    const columns = line.split("\t");
    if (columns.length === 9) known.set(columns[8]!, columns[6] === "0" && columns[7] === "0");
  }
  return known;
}
