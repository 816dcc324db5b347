import { oneLine } from "../../../protocol/one-line.js";
import { describeFailure } from "../../../protocol/describe-failure.js";
import { failureToJson, truncationNote } from "./failure-json.js";
import { commandResult, type Outcome } from "../outcome.js";
import { shownItem } from "../items/shown-item.js";

export interface FormatOptions {
  /** One JSON object for each item. */
  json: boolean;
  /** Begin each line of output with its item and a tab; a text: with that. */
  tag: boolean | string;
}

/** The output of one item. It is written at once, so that outputs of items do not mix. */
export interface Written {
  /** Long output, which comes first. */
  files: FileOutput[];
  stdout: string;
  stderr: string;
}

/** A stream of a command, in a file that is removed when it has been written. */
export interface FileOutput {
  stream: "stdout" | "stderr";
  path: string;
  /** Put before each line. */
  tag: string;
}

/** How the reason of a failure is said. Without the item: no item can run, for this reason. */
export type ReasonSaid = "with the item" | "without the item" | "not at all";

export function formatOutcome(outcome: Outcome, options: FormatOptions, reason: ReasonSaid = "with the item"): Written {
  if (outcome.kind === "skipped") return { files: [], stdout: "", stderr: "" };
  const command = commandResult(outcome);
  const notes: string[] = [];
  if (isTruncated(outcome)) notes.push(truncationNote(shownItem(outcome.item)));
  if (isForgotten(outcome))
    notes.push(
      `${shownItem(outcome.item)}: done, but the server no longer has its result; ` +
        "read sooner, or start the run with a larger maxResultBytes",
    );
  if (outcome.kind === "failed" && reason !== "not at all")
    notes.push(`${reason === "with the item" ? `${shownItem(outcome.item)}: ` : ""}${describeFailure(outcome.error)}`);
  const said = notes.map((note) => `polyproc: ${note}\n`).join("");
  if (options.json)
    return {
      files: [],
      stdout: `${JSON.stringify(toJson(outcome))}\n`,
      stderr: lastWords(outcome, command?.stderr) + said,
    };
  const tag = tagOf(outcome.item, options);
  if (command) {
    const { stdout, stderr, stdoutFile, stderrFile } = command;
    const files: FileOutput[] = [];
    if (stdoutFile !== undefined) files.push({ stream: "stdout", path: stdoutFile, tag });
    if (stderrFile !== undefined) files.push({ stream: "stderr", path: stderrFile, tag });
    const errors = stderrFile === undefined ? lines(stderr, tag) : "";
    return {
      files,
      stdout: stdoutFile === undefined ? lines(stdout, tag) : "",
      stderr: said === "" ? errors : ended(errors) + said,
    };
  }
  return {
    files: [],
    stdout: outcome.kind === "done" && !isForgotten(outcome) ? `${tag}${JSON.stringify(outcome.value)}\n` : "",
    stderr: said,
  };
}

/** What each line of an item's output begins with. */
export function tagOf(item: string, { tag }: Pick<FormatOptions, "tag">): string {
  return typeof tag === "string" ? tag : tag ? `${oneLine(item)}\t` : "";
}

/** Whether the command wrote output that is lost. */
export function isTruncated(outcome: Outcome): boolean {
  const command = commandResult(outcome);
  return command !== null && command.truncated && command.stdoutFile === undefined && command.stderrFile === undefined;
}

function isForgotten(outcome: Outcome): boolean {
  return outcome.kind === "done" && outcome.value === undefined;
}

function toJson(outcome: Exclude<Outcome, { kind: "skipped" }>): Record<string, unknown> {
  const { index, item, ms, pid, host, cached } = outcome;
  const place = { ms, pid, ...(host !== undefined && { host }), ...(cached !== undefined && { cached }) };
  return outcome.kind === "done"
    ? { index, item, ok: true, value: outcome.value, ...place }
    : { index, item, ok: false, error: failureToJson(outcome.error), ...place };
}

const lastLines = 3;

/**
 * With `--json` the output is in the object. The end of a failed command's standard error is shown to the user as well.
 */
function lastWords(outcome: Outcome, stderr: string | undefined): string {
  if (outcome.kind !== "failed" || !stderr?.trim()) return "";
  return `${stderr.trimEnd().split("\n").slice(-lastLines).join("\n")}\n`;
}

/** The text as the command wrote it, with the tag before each line. */
function lines(text: string, tag: string): string {
  return tag === "" ? text : text.replace(/(^|\n)(?=[^])/g, (_, start: string) => start + tag);
}

/** Ends the last line, so that a message begins on a new one. */
function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
