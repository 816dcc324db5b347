import { inspect } from "node:util";
import { describeFailure } from "../../protocol/describe-failure.js";
import { formatDuration } from "../../protocol/duration.js";
import { oneLine } from "../../protocol/one-line.js";
import type { Halt } from "../../protocol/run.js";
import { failureOfAll } from "../../bindings/typescript/runs/failure-text.js";
import { t } from "../l10n.js";
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
  const atATime = processes === 1 ? t("one") : Math.min(processes, items);
  return `${dim(t("{0}, {1} at a time", itemsText(items), atATime))}\n\n`;
}

/** An error that prevents the task from running. */
export function troubleLine(message: string): string {
  return `${red(`polyproc: ${message}`)}\n`;
}

/** A problem with which the task runs nevertheless. */
export function warningLine(message: string): string {
  return `${yellow(`polyproc: ${message}`)}\n`;
}

/** The text for an item that failed: why, and where it was thrown. */
export function failureText(row: Row): string {
  const [reason = t("failed"), ...frames] = row.error ? describeFailure(row.error).split("\n") : [];
  const tries = row.attempt > 1 ? `, ${t("in {0} tries", row.attempt)}` : "";
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
  /** Of those that are done: outcomes of earlier runs. */
  replayed: number;
  /** Ended, however. */
  ended: number;
  /** Labels of the running items. */
  running: string[];
}

export function tally(rows: readonly Row[]): Tally {
  const found: Tally = { total: rows.length, done: 0, failed: 0, replayed: 0, ended: 0, running: [] };
  for (const { state, label, cached } of rows) {
    if (state === "running") found.running.push(label);
    else if (state !== "queued") found.ended++;
    if (state === "done" || state === "failed") found[state]++;
    if (cached) found.replayed++;
  }
  return found;
}

/** The line below the output, at most `columns` wide. */
export function progressLine({ total, failed, ended, running }: Tally, elapsedMs: number, columns: number): string {
  const filled = total === 0 ? barWidth : Math.round((ended / total) * barWidth);
  const bar = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
  const numbers = `${ended}/${total}`;
  const failures = failed > 0 ? `  ${t("{0} failed", failed)}` : "";
  const time = `  ${formatDuration(elapsedMs)}`;
  const shown = running.slice(0, namesShown).map(oneLine).join(", ");
  const more = running.length > namesShown ? ` ${t("and {0} more", running.length - namesShown)}` : "";
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
  { total, done, failed, replayed }: Tally,
  elapsedMs: number,
  halt: Halt | undefined,
): string {
  const { state } = run.info;
  const parts = [t("{0} done", done)];
  if (replayed > 0) parts.push(t("{0} replayed", replayed));
  if (failed > 0) parts.push(t("{0} failed", failed));
  const left = total - done - failed;
  if (left > 0) parts.push(t("{0} not finished", left));
  const text = `${parts.join(", ")} ${t("in {0}", formatDuration(elapsedMs))}`;
  if (run.lost) return `\n${red(`${text}: ${t("the server has gone, and all that it ran has ended")}`)}\n`;
  if (failureOfAll(run)) return `\n${red(`${text}: ${t("ended early: no item could succeed")}`)}\n`;
  if (state === "halted") return `\n${red(`${text}: ${haltText(halt?.failures ?? failed)}`)}\n`;
  if (state === "cancelled") return `\n${yellow(`${text}: ${t("cancelled")}`)}\n`;
  return `\n${failed > 0 ? red(text) : green(text)}\n`;
}

function itemsText(count: number): string {
  return t(count === 1 ? "{0} item" : "{0} items", count);
}

function haltText(failures: number): string {
  return t(
    failures === 1 ? "ended early after {0} failure, as halt says" : "ended early after {0} failures, as halt says",
    failures,
  );
}
