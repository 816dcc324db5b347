import { inspect } from "node:util";
import { describeFailure } from "../../protocol/describe-failure.js";
import { formatDuration } from "../../protocol/duration.js";
import { oneLine } from "../../protocol/one-line.js";
import type { Halt } from "../../protocol/run.js";
import { failureOfAll } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, Run } from "../runs/run.js";

const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;
const dim = (text: string) => `\u001b[2m${text}\u001b[22m`;
const red = (text: string) => `\u001b[31m${text}\u001b[39m`;
const green = (text: string) => `\u001b[32m${text}\u001b[39m`;
const yellow = (text: string) => `\u001b[33m${text}\u001b[39m`;

const barWidth = 20;
const namesShown = 4;

/** The first line of a task's terminal: what runs. VS Code's ` *  Executing task: …` stands above it. */
export function headline(what: string): string {
  return `${bold(oneLine(what))}\n`;
}

/** `120 items, 4 at a time`. */
export function sizeLine(items: number, processes: number): string {
  return `${dim(`${plural(items, "item")}, ${processes === 1 ? "one" : Math.min(processes, items)} at a time`)}\n\n`;
}

/** An error that prevents the task from running. */
export function troubleLine(message: string): string {
  return `${red(`polyproc: ${message}`)}\n`;
}

/** A problem with which the task runs nevertheless. */
export function warningLine(message: string): string {
  return `${yellow(`polyproc: ${message}`)}\n`;
}

/** Of an item that failed: why, and where it was thrown. */
export function failureText(row: Row): string {
  const [reason = "failed", ...frames] = row.error ? describeFailure(row.error).split("\n") : [];
  const tries = row.attempt > 1 ? `, in ${row.attempt} tries` : "";
  return (
    `${red(`✘ ${oneLine(row.label)}: ${oneLine(reason)}${tries}`)}\n` +
    `${frames.map((frame) => `${dim(frame)}\n`).join("")}`
  );
}

/**
 * What a function returned: text unchanged, so problem matchers can read it; other values as JSON; nothing for no
 * value.
 */
export function resultText(value: unknown): string {
  if (value === undefined || value === null || value === "") return "";
  const text = typeof value === "string" ? value : asJson(value);
  return text.endsWith("\n") ? text : `${text}\n`;
}

function asJson(value: unknown): string {
  try {
    const json = JSON.stringify(value) as string | undefined;
    if (json !== undefined) return json;
  } catch {
    // It has cycles, or bigints.
  }
  return inspect(value, { breakLength: Infinity, compact: true });
}

/** The progress of a run's items. */
export interface Tally {
  total: number;
  done: number;
  failed: number;
  /** Ended, however. */
  ended: number;
  /** Labels of the running items. */
  running: string[];
}

export function tally(rows: readonly Row[]): Tally {
  const found: Tally = { total: rows.length, done: 0, failed: 0, ended: 0, running: [] };
  for (const { state, label } of rows) {
    if (state === "running") found.running.push(label);
    else if (state !== "queued") found.ended++;
    if (state === "done" || state === "failed") found[state]++;
  }
  return found;
}

/** The line below the output, at most `columns` wide. */
export function progressLine({ total, failed, ended, running }: Tally, elapsedMs: number, columns: number): string {
  const filled = total === 0 ? barWidth : Math.round((ended / total) * barWidth);
  const bar = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
  const numbers = `${ended}/${total}`;
  const failures = failed > 0 ? `  ${failed} failed` : "";
  const time = `  ${formatDuration(elapsedMs)}`;
  const shown = running.slice(0, namesShown).map(oneLine).join(", ");
  const more = running.length > namesShown ? ` and ${running.length - namesShown} more` : "";
  const names = running.length > 0 ? `  ${shown}${more}` : "";
  const room = Math.max(0, columns - barWidth - numbers.length - failures.length - time.length - 2);
  return (
    ` ${bar} ` +
    `${numbers}${red(failures)}${time}${dim(names.length > room ? `${names.slice(0, Math.max(0, room - 1))}…` : names)}`
  );
}

/** The last line. */
export function summaryLine(
  run: Pick<Run, "info" | "lost" | "rows" | "request">,
  { total, done, failed }: Tally,
  elapsedMs: number,
  halt: Halt | undefined,
): string {
  const { state } = run.info;
  const parts = [`${done} done`];
  if (failed > 0) parts.push(`${failed} failed`);
  const left = total - done - failed;
  if (left > 0) parts.push(`${left} not finished`);
  const text = `${parts.join(", ")} in ${formatDuration(elapsedMs)}`;
  if (run.lost) return `\n${red(`${text}: the server has gone, and all that it ran has ended`)}\n`;
  if (failureOfAll(run)) return `\n${red(`${text}: ended early, because no item could succeed`)}\n`;
  if (state === "halted")
    return `\n${red(`${text}: ended early, as "halt" says, after ${plural(halt?.failures ?? failed, "failure")}`)}\n`;
  if (state === "cancelled") return `\n${yellow(`${text}: cancelled`)}\n`;
  return `\n${failed > 0 ? red(text) : green(text)}\n`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
