import { describeTarget } from "../../protocol/describe-target.js";
import { oneLine } from "../../protocol/one-line.js";
import { progressText } from "../../protocol/progress.js";
import type { CommandResult } from "../../protocol/target.js";
import { failureText } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, Run } from "../runs/run.js";
import { jsonText } from "../../bindings/typescript/runs/json-text.js";
import { previewLength, type RowView, type RunView } from "./messages.js";

/** `processes` of a run on a cluster without a limit: the largest that a run may have. */
const noLimit = 4096;

export function viewOfRun(run: Run): RunView {
  const { id, request, info } = run;
  const command = "command" in request.target;
  return {
    id,
    name: request.name,
    target: describeTarget(request.target),
    kind: command ? "command" : "function",
    state: stateOf(run),
    processes: info.cluster !== undefined && info.processes === noLimit ? null : info.processes,
    isOnCluster: info.cluster !== undefined,
    total: request.items.length,
    ...(info.cached === undefined ? {} : { cached: info.cached }),
    startedAt: info.startedAt,
    endedAt: info.endedAt ?? (run.ended ? lastSign(run) : null),
  };
}

function stateOf({ lost, ended, info }: Run): RunView["state"] {
  if (lost) return "lost";
  if (info.state !== "running") return ended ? info.state : "ending";
  return ended ? "done" : "running";
}

/** When the run last reported something, for a run whose end was not observed. */
function lastSign({ rows, info }: Run): number {
  let last = info.startedAt;
  for (const { startedAt, ms } of rows) if (startedAt !== null) last = Math.max(last, startedAt + (ms ?? 0));
  return last;
}

export function viewOfRow(row: Row): RowView {
  const { index, label, file, state, pid, host = null, attempt, startedAt, ms, cached, notCached } = row;
  const shown = {
    ...(cached ? { cached } : {}),
    ...(notCached === undefined ? {} : { notCached }),
    fraction: fractionOf(row),
    preview: previewOf(row),
  };
  return { index, label, file, state, pid, host, attempt, startedAt, ms, ...shown };
}

function fractionOf({ state, progress }: Row): number | null {
  return state === "running" ? (progress?.fraction ?? null) : null;
}

function previewOf(row: Row): string {
  if (row.error) return shorten(failureText(row.error));
  if (row.state === "running" && row.progress) return shorten(oneLine(progressText(row.progress)));
  if (row.state !== "done" || row.value === undefined) return "";
  if (isCommandResult(row.value)) return shorten(previewOfCommand(row.value));
  const { text, cut } = jsonText(row.value, { limit: previewLength - 1, indent: 0 });
  return cut ? `${text}…` : text;
}

/** The last line that it wrote, with exit code or signal if it failed. */
function previewOfCommand({ exitCode, signal, stdout, stderr }: CommandResult): string {
  const said = lastLine(stdout) || lastLine(stderr);
  if (signal !== null) return `${signal}${said === "" ? "" : `: ${said}`}`;
  return exitCode === 0 ? said : `exit code ${exitCode}${said === "" ? "" : `: ${said}`}`;
}

/** Looks at the end of the text only, because output may be long. */
function lastLine(text: string): string {
  return text
    .slice(-4 * previewLength)
    .trimEnd()
    .split("\n")
    .at(-1)!
    .trim();
}

function shorten(text: string): string {
  return text.length > previewLength ? `${text.slice(0, previewLength - 1)}…` : text;
}

export function isCommandResult(value: unknown): value is CommandResult {
  return (
    typeof value === "object" &&
    value !== null &&
    "exitCode" in value &&
    "signal" in value &&
    typeof (value as CommandResult).stdout === "string" &&
    typeof (value as CommandResult).stderr === "string"
  );
}
