import { PolyprocError } from "../../protocol/errors.js";
import { failsForAll } from "../../protocol/fails-for-all.js";
import { shellPlaceholderWarning } from "../../protocol/shell-placeholder.js";
import type { OutputLine } from "../../protocol/process.js";
import { ItemsError } from "../items/item-source.js";
import type { Row, Run, RunRequest, Runs } from "../runs/run.js";
import { DefinitionError } from "./definition.js";
import { exitStatus, statusOf } from "./exit-status.js";
import { ItemOutput } from "./item-output.js";
import type { OutputFeed } from "./output-feed.js";
import type { Screen } from "./screen.js";
import {
  failureText,
  headline,
  progressLine,
  resultText,
  sizeLine,
  summaryLine,
  tally,
  troubleLine,
  warningLine,
} from "./task-text.js";

export interface TaskParts {
  runs: Pick<Runs, "start">;
  /** A run of the task that is in progress already: it is shown, and none is started. */
  resumed?: Run | null;
  /** Reads the definition and looks for the items. Rejects with DefinitionError or ItemsError. */
  prepare: (signal: AbortSignal, columns: number) => Promise<RunRequest>;
  /** Starts the server when there is none. */
  openFeed: () => Promise<OutputFeed>;
  screen: Screen;
  columns: () => number;
  /** Text for the user: what runs. */
  what: string;
}

/** Characters that may wait for the terminal. Above that, reading pauses, and the children are blocked. */
const maxBacklog = 1024 * 1024;
const redrawMs = 1000;

/** One run in a terminal: from its definition to its exit code. `signal` ends it, and everything that it runs. */
export async function runTask(parts: TaskParts, signal: AbortSignal): Promise<number> {
  const { screen } = parts;
  screen.write(headline(parts.what));
  let feed: OutputFeed | undefined;
  try {
    const request = parts.resumed?.request ?? (await parts.prepare(signal, parts.columns()));
    const { target } = request;
    const warning = "command" in target ? shellPlaceholderWarning(target.command, target.args) : null;
    if (warning !== null) screen.write(warningLine(warning));
    feed = await parts.openFeed();
    signal.throwIfAborted();
    return await new TaskRun(parts, feed, request).run(signal);
  } catch (error) {
    if (signal.aborted) return exitStatus.cancelled;
    screen.write(troubleLine(error instanceof Error ? error.message : String(error)));
    return statusOfTrouble(error);
  } finally {
    screen.status("");
    await screen.drained();
    await feed?.close();
  }
}

function statusOfTrouble(error: unknown): number {
  if (error instanceof ItemsError || error instanceof DefinitionError) return exitStatus.invalid;
  return error instanceof PolyprocError && error.codeName !== "Closed" ? exitStatus.failed : exitStatus.unavailable;
}

class TaskRun {
  readonly #parts: TaskParts;
  readonly #feed: OutputFeed;
  readonly #request: RunRequest;
  readonly #output: ItemOutput;
  readonly #ended = new Set<number>();
  /** Rows that changed and were not processed yet. */
  readonly #changed = new Set<number>();
  #isWorking = false;
  #working = Promise.resolve();
  #run: Run | null = null;
  /** Lines that arrived before the run was known by its job. */
  #early: OutputLine[] = [];
  #isPaused = false;
  /** The user has been told that the command or function does not exist. */
  #isHopeless = false;
  #startedAt = 0;

  constructor(parts: TaskParts, feed: OutputFeed, request: RunRequest) {
    this.#parts = parts;
    this.#feed = feed;
    this.#request = request;
    this.#output = new ItemOutput((text) => this.#write(text));
  }

  async run(signal: AbortSignal): Promise<number> {
    const { screen, runs } = this.#parts;
    this.#feed.onLines = (lines) => this.#received(lines);
    const { resumed } = this.#parts;
    const run = resumed ?? (await runs.start(this.#request));
    void this.#feed.only(run.id);
    if (resumed) await this.#addOutputOf(resumed);
    this.#run = run;
    this.#startedAt = performance.now();
    const cancel = () => void run.cancel().catch(() => {});
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
    screen.write(sizeLine(this.#request.items.length, run.info.processes));
    if (run.info.processes === 1 || this.#request.items.length === 1) this.#output.live();
    this.#received(this.#early);
    this.#early = [];
    const listener = run.onDidChange((indexes) => this.#look(indexes));
    const timer = setInterval(() => this.#drawProgress(), redrawMs);
    try {
      this.#look(run.rows.keys());
      await run.whenEnded;
      this.#look(run.rows.keys());
      await this.#working;
      this.#output.endAll();
    } finally {
      clearInterval(timer);
      listener.dispose();
      signal.removeEventListener("abort", cancel);
    }
    screen.status("");
    screen.write(summaryLine(run, tally(run.rows), performance.now() - this.#startedAt, this.#request.options.halt));
    return signal.aborted ? exitStatus.cancelled : statusOf(run);
  }

  /** Adds what items wrote before this task followed the run: the server still has the end of it. */
  async #addOutputOf(run: Run): Promise<void> {
    for (const row of run.rows) {
      // The output of a chunk is reported for its first item. That of replayed items is added when they are shown.
      if (row.state === "queued" || row.index !== row.chunk || row.cached) continue;
      await this.#addOutput(run, row);
    }
  }

  async #addOutput(run: Run, { index, pid }: Row): Promise<void> {
    const { lines } = await run.output(index);
    for (const { stream, text } of lines) this.#output.add(index, { pid, stream, text, partial: false });
  }

  #received(lines: readonly OutputLine[]): void {
    if (!this.#run) {
      this.#early.push(...lines);
      return;
    }
    const { job } = this.#run.info;
    for (const line of lines) if (line.task?.job === job) this.#output.add(line.task.index, line);
  }

  #look(indexes: Iterable<number>): void {
    for (const index of indexes) if (!this.#ended.has(index)) this.#changed.add(index);
    if (!this.#isWorking) this.#working = this.#work();
  }

  /** Shows items that have ended, once their last lines are here. */
  async #work(): Promise<void> {
    const run = this.#run!;
    this.#isWorking = true;
    while (this.#changed.size > 0) {
      const rows = [...this.#changed].map((index) => run.rows[index]!).filter(hasEnded);
      this.#changed.clear();
      if (rows.length > 0) {
        await this.#feed.settled();
        for (const row of rows.sort((a, b) => a.index - b.index)) {
          if (row.cached && !this.#ended.has(row.index)) await this.#addOutput(run, row);
          this.#show(row);
        }
        if (this.#ended.size >= run.rows.length - 1) this.#output.live();
      }
      this.#drawProgress();
    }
    this.#isWorking = false;
  }

  #show(row: Row): void {
    if (this.#ended.has(row.index)) return;
    this.#ended.add(row.index);
    // The output of a chunk is reported for its first item.
    this.#output.end(row.chunk, row.index, row.pid);
    if (row.state === "done" && !this.#isCommand) this.#write(resultText(row.value));
    if (row.state !== "failed") return;
    const isHopeless = row.error !== undefined && failsForAll(row.error, this.#request.target);
    // The run stops by itself: the reason is shown once.
    if (!isHopeless || !this.#isHopeless) this.#write(failureText(row));
    this.#isHopeless ||= isHopeless;
  }

  get #isCommand(): boolean {
    return "command" in this.#request.target;
  }

  #write(text: string): void {
    const { screen } = this.#parts;
    screen.write(text);
    if (this.#isPaused || screen.backlog < maxBacklog) return;
    this.#isPaused = true;
    this.#feed.pause();
    void screen.drained().then(() => {
      this.#isPaused = false;
      this.#feed.resume();
    });
  }

  #drawProgress(): void {
    const run = this.#run!;
    if (run.ended) return;
    this.#parts.screen.status(
      progressLine(tally(run.rows), performance.now() - this.#startedAt, this.#parts.columns()),
    );
  }
}

function hasEnded(row: Row): boolean {
  return row.state !== "queued" && row.state !== "running";
}
