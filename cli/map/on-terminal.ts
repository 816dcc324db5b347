import { closeSync, openSync } from "node:fs";
import { resolve } from "node:path";
import { hasRawBytes } from "../../protocol/escaped-text.js";
import { controlTerminal } from "../../native/load.js";
import { errorCodes } from "../../protocol/errors.js";
import type { Ending } from "../ending.js";
import { exitStatus, signalStatus } from "../exit-status.js";
import { HeldCommand } from "../hold/held-command.js";
import { whyNotStartable } from "../hold/startable.js";
import { UsageError } from "../usage-error.js";
import { isReached, type Counts, type Halt } from "./limits/halt.js";
import type { Item, ItemSource } from "./items/items.js";
import { ForegroundJob } from "./foreground-job.js";
import type { JobLog } from "./job-log.js";
import type { Outcome } from "./outcome.js";
import { shownItem } from "./items/shown-item.js";
import { modesOf, restoreModes } from "./terminal-modes.js";
import { argumentsFor, type ItemCommand } from "./target/what-runs.js";

interface TerminalOptions {
  tty?: true;
  retries: number;
  halt: Halt;
  jobs?: (processors: number) => number;
  workdir?: string;
  env?: [string, string][];
}

/** Throws UsageError for options that need a server, several jobs at a time or output that is not the terminal's. */
export function checkTerminal(options: TerminalOptions & Readonly<Record<string, unknown>>): void {
  if (!options.tty) return;
  if (options.jobs && (options.jobs(1) !== 1 || options.jobs(2) !== 1))
    throw new UsageError("--tty gives the terminal to one command at a time: leave -j out");
  const names = {
    module: "--module",
    detach: "--detach",
    cluster: "--cluster",
    cache: "--cache",
    pipe: "--pipe",
    json: "--json",
    tag: "--tag",
    tagstring: "--tagstring",
    lineBuffer: "--line-buffer",
    results: "--results",
    files: "--files",
    progress: "--progress",
    eta: "--eta",
    timeout: "--timeout",
    load: "--load",
    memfree: "--memfree",
    memsuspend: "--memsuspend",
    delay: "--delay",
    nice: "--nice",
    retryDelay: "--retry-delay",
    splitOnFailure: "--split-on-failure",
  };
  for (const [name, shown] of Object.entries(names))
    if (options[name] !== undefined)
      throw new UsageError(`${shown} cannot be obeyed while a command has the terminal: leave it out, or --tty`);
}

/**
 * Runs the commands one after the other, each on this terminal, as a shell runs jobs. Without the native code they are
 * in this process's group, which is the terminal's foreground group. After each one the terminal's modes are restored.
 */
export async function runOnTerminal(
  source: ItemSource,
  command: ItemCommand,
  options: TerminalOptions,
  log: JobLog | null,
): Promise<Ending> {
  const terminal = openTerminal();
  const modes = modesOf(terminal);
  const control = controlTerminal(terminal);
  const counts: Counts & { index: number } = { done: 0, failed: 0, total: source.total, index: 0 };
  if (options.workdir !== undefined) process.chdir(resolve(options.workdir));
  for (const [name, value] of options.env ?? []) process.env[name] = value;
  const halted = () => isReached(options.halt, counts);
  try {
    for await (const item of source.items) {
      const index = counts.index++;
      if (log?.passesOver(item, index)) continue;
      log?.started(index);
      const since = performance.now();
      let status = await runItem(item, index);
      for (let left = options.retries; left > 0 && status !== 0 && typeof status === "number"; left--)
        status = await runItem(item, index);
      log?.ended(outcomeOf(item, index, status, performance.now() - since));
      if (status === 0) counts.done++;
      else counts.failed++;
      if (typeof status === "string") return status;
      if (halted()) break;
    }
  } finally {
    source.stop();
    log?.close();
    control?.close();
    closeSync(terminal);
  }
  if (options.halt.when !== "never" && options.halt.what === "success" && halted()) return exitStatus.ok;
  return counts.failed > 0 ? exitStatus.failed : exitStatus.ok;

  async function run(words: readonly string[]): Promise<Ending> {
    if (control && whyNotStartable(words[0]!) === null && !words.some((word) => word.includes("\0"))) {
      const job = ForegroundJob.start(words, terminal, control, modes);
      if (job) return job.ending;
    }
    const ending = await new HeldCommand(words, { stdin: terminal }).ending;
    restoreModes(terminal, modes);
    // As a shell ends its loop: Ctrl-C was for this process, too, even if its own signal is late.
    return ending === signalStatus("SIGINT") ? "SIGINT" : ending;
  }

  async function runItem(item: Item, index: number): Promise<Ending> {
    try {
      if (!item.ok) throw new Error(item.reason);
      const words = [command.words[0]!, ...argumentsFor(command, item, source.names, index, 1)];
      if (words.some(hasRawBytes)) throw new Error("it is not UTF-8, and with --tty commands take no such argument");
      const ending = await run(words);
      if (ending !== 0 && typeof ending === "number") say(item, `exit status ${ending}`);
      return ending;
    } catch (error) {
      say(item, (error as Error).message);
      return exitStatus.failed;
    }
  }
}

function say(item: Item, text: string): void {
  process.stderr.write(`polyproc: ${shownItem(item.text)}: ${text}\n`);
}

function outcomeOf(item: Item, index: number, status: Ending, ms: number): Outcome {
  const ran = { index, item: item.text, ms: Math.round(ms * 1000) / 1000, pid: 0 };
  if (typeof status === "string") return { kind: "skipped", ...ran };
  const result = { exitCode: status, signal: null, stdout: "", stderr: "", truncated: false };
  if (status === 0) return { kind: "done", ...ran, value: result };
  return {
    kind: "failed",
    ...ran,
    error: { code: errorCodes.TaskFailed, message: `exit status ${status}`, data: result },
  };
}

function openTerminal(): number {
  try {
    return openSync("/dev/tty", "r+");
  } catch {
    throw new UsageError("--tty gives commands this terminal, and there is none");
  }
}
