import { oneLine } from "../../protocol/one-line.js";
import { describeFailure } from "../../protocol/describe-failure.js";
import { failureToJson, truncationNote } from "./failure-json.js";
import { commandResult, type Outcome } from "./outcome.js";
import { shownItem } from "./shown-item.js";

export interface FormatOptions {
  /** One JSON object for each item. */
  json: boolean;
  /** Begin each line of output with its item and a tab. */
  tag: boolean;
}

/** The output of one item. Each stream is written at once, so that outputs of items do not mix. */
export interface Written {
  stdout: string;
  stderr: string;
}

export function formatOutcome(outcome: Outcome, options: FormatOptions): Written {
  if (outcome.kind === "skipped") return { stdout: "", stderr: "" };
  const command = commandResult(outcome);
  const notes: string[] = [];
  if (command?.truncated) notes.push(truncationNote(shownItem(outcome.item)));
  if (isForgotten(outcome))
    notes.push(
      `${shownItem(outcome.item)}: done, but the server no longer has its result; ` +
        "read sooner, or start the run with a larger maxResultBytes",
    );
  if (outcome.kind === "failed") notes.push(`${shownItem(outcome.item)}: ${describeFailure(outcome.error)}`);
  const said = notes.map((note) => `polyproc: ${note}\n`).join("");
  if (options.json)
    return { stdout: `${JSON.stringify(toJson(outcome))}\n`, stderr: lastWords(outcome, command?.stderr) + said };
  const tag = options.tag ? `${oneLine(outcome.item)}\t` : "";
  if (command) return { stdout: lines(command.stdout, tag), stderr: lines(command.stderr, tag) + said };
  return {
    stdout: outcome.kind === "done" && !isForgotten(outcome) ? `${tag}${JSON.stringify(outcome.value)}\n` : "",
    stderr: said,
  };
}

function isForgotten(outcome: Outcome): boolean {
  return outcome.kind === "done" && outcome.value === undefined;
}

function toJson(outcome: Exclude<Outcome, { kind: "skipped" }>): Record<string, unknown> {
  const { index, item, ms, pid } = outcome;
  return outcome.kind === "done"
    ? { index, item, ok: true, value: outcome.value, ms, pid }
    : { index, item, ok: false, error: failureToJson(outcome.error), ms, pid };
}

const lastLines = 3;

/**
 * With `--json` the output is in the object. The end of a failed command's standard error is shown to the user as well.
 */
function lastWords(outcome: Outcome, stderr: string | undefined): string {
  if (outcome.kind !== "failed" || !stderr?.trim()) return "";
  return `${stderr.trimEnd().split("\n").slice(-lastLines).join("\n")}\n`;
}

/** Ends the text with a line end, so that the next item's output begins on a new line. */
function lines(text: string, tag: string): string {
  if (text === "") return "";
  const whole = text.endsWith("\n") ? text.slice(0, -1) : text;
  return `${
    tag === ""
      ? whole
      : whole
          .split("\n")
          .map((line) => tag + line)
          .join("\n")
  }\n`;
}
