import { constants } from "node:os";
import { formatBytes } from "../../../protocol/bytes.js";
import type { OutputLine, ProcessInfo } from "../../../protocol/process.js";
import { ageText, rowText } from "../amounts.js";
import { t } from "../../l10n.js";
import { endText } from "../children/process-row.js";
import { plainText } from "./plain-text.js";

/** Most of its last lines that are shown. */
const mostLines = 40;

function signalMeanings(): Record<string, string> {
  return {
    SIGKILL: t("Killed: by Kill, by another program, or by the system when memory ran out."),
    SIGTERM: t("Asked to end: by Terminate, by another program, or because its parent ended."),
    SIGINT: t("Interrupted, as with Ctrl-C."),
    SIGHUP: t("Its terminal was closed."),
    SIGSEGV: t("It touched memory that is not its own: look for a fault in native code."),
    SIGABRT: t("It gave up by itself (abort): look for a failed assertion, or for memory that ran out."),
    SIGBUS: t("It touched memory that is not there: a file that was cut short while it was mapped, or a full disk."),
    SIGILL: t("It ran an instruction that this processor does not have."),
    SIGFPE: t("It divided by zero, or the like."),
    SIGPIPE: t("It wrote to a pipe that no process reads any more."),
    SIGXCPU: t("It used more processor time than it was allowed (ulimit -t)."),
  };
}

function exitCodeMeanings(): Record<number, string> {
  return {
    126: t("Usually: the file was found but may not be executed. Check its permissions."),
    127: t("Usually: the shell did not find the command. Check its spelling and PATH."),
  };
}

/**
 * A page that says why a process ended. `lines`: the last that it wrote, null when they are no longer remembered.
 * `item`: what it ran at its end.
 */
export function whyEnded(
  process: ProcessInfo,
  lines: readonly OutputLine[] | null,
  startedBy: string,
  item: { run: { request: { name: string } }; row: { label: string } } | null = null,
): string {
  const { exitCode, startedAt, endedAt, pid, name, target, reason } = process;
  const signal = exitCode !== null && exitCode < 0 ? signalName(-exitCode) : null;
  const meaning = memoryMeaning(process, lines ?? []) ?? usualMeaning(exitCode, signal);
  const facts: [string, string][] = [
    [t("Reason"), reason ?? endText(process)],
    ...(exitCode === null ? [] : [[t("Exit code"), String(exitCode)] as [string, string]]),
    ...(signal === null ? [] : [[t("Signal"), signal] as [string, string]]),
    ...(meaning === undefined ? [] : [[t("Meaning"), meaning] as [string, string]]),
    ...(process.peakMemoryBytes === undefined
      ? []
      : [
          [t("Peak memory"), t("{0}, looked at once a second", formatBytes(process.peakMemoryBytes))] as [
            string,
            string,
          ],
        ]),
    [t("Target"), target || item?.run.request.name || t("unknown")],
    ...(item === null ? [] : [[t("Item"), item.row.label] as [string, string]]),
    [t("Started"), t("{0}, by {1}", new Date(startedAt).toLocaleString(), startedBy)],
    ...(endedAt === null
      ? []
      : [
          [t("Ended"), t("{0}, after {1}", new Date(endedAt).toLocaleString(), ageText(endedAt - startedAt))] as [
            string,
            string,
          ],
        ]),
  ];
  const width = Math.max(...facts.map(([label]) => label.length));
  return [
    `${rowText(name)}${pid === null ? "" : ` (pid ${pid})`}: ${endText(process)}`,
    "",
    ...facts.map(
      ([label, text]) => `${label.padEnd(width)}  ${plainText(text).replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`,
    ),
    "",
    ...lastWords(lines),
    "",
  ].join("\n");
}

function usualMeaning(exitCode: number | null, signal: string | null): string | undefined {
  if (signal !== null) return signalMeanings()[signal];
  return exitCode === null ? undefined : exitCodeMeanings()[exitCode];
}

/** Whether memory ran out. The kernel reports its kills; V8 and Python write to stderr when they run out of memory. */
function memoryMeaning({ outOfMemory, exitCode }: ProcessInfo, lines: readonly OutputLine[]): string | undefined {
  if (outOfMemory === true) return t("Killed by the system, because memory ran out: run fewer at a time.");
  if (outOfMemory === false) return t("Killed by another program: memory had not run out.");
  if (exitCode === 0) return undefined;
  const errors = lines.filter(({ stream }) => stream === "stderr").map(({ text }) => text);
  if (errors.some((text) => text.includes("JavaScript heap out of memory")))
    return t("The heap of Node reached its limit: raise --max-old-space-size, or hold less at once.");
  if (errors.some((text) => /^(?:MemoryError|numpy\S*MemoryError)\b/.test(text)))
    return t("Python got no more memory (MemoryError): look for a limit (ulimit -v), or hold less at once.");
  return undefined;
}

/** Its lines on stderr; without any, those on stdout. */
function lastWords(lines: readonly OutputLine[] | null): string[] {
  if (lines === null) return [t("What it wrote is no longer remembered.")];
  const errors = lines.filter((line) => line.stream === "stderr");
  const shown = errors.length > 0 ? errors : lines;
  if (shown.length === 0) return [t("It wrote nothing.")];
  const last = shown.slice(-mostLines);
  const stream = errors.length > 0 ? "stderr" : "stdout";
  return [
    t(last.length < shown.length ? "Last lines on {0}:" : "What it wrote on {0}:", stream),
    "",
    ...last.map((line) => `    ${plainText(line.text)}`),
  ];
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
