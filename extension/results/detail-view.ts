import { stripVTControlCharacters } from "node:util";
import { errorName } from "../../protocol/errors.js";
import type { Failure } from "../../protocol/job.js";
import { failureText } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, Run } from "../runs/run.js";
import { jsonText } from "../../bindings/typescript/runs/json-text.js";
import type { CutText, DetailView, ErrorView } from "./messages.js";
import { isCommandResult } from "./row-views.js";

/** Characters of one text that the page gets; an editor shows all of it. */
const longestText = 20_000;
const pretty = { limit: longestText, indent: 2 };
const deepestCause = 8;

export function detailView(run: Run, index: number): DetailView | null {
  const row = run.rows[index];
  const item = run.request.items[index];
  if (!row || !item) return null;
  const command = commandEnd(row);
  return {
    index,
    item: jsonText(item.value, pretty),
    value: row.state === "done" && row.value !== undefined ? jsonText(row.value, pretty) : null,
    valueGone: row.state === "done" && row.value === undefined,
    error: row.error ? errorView(row.error) : null,
    command,
  };
}

function commandEnd({ value, error }: Row): DetailView["command"] {
  if (isCommandResult(value)) return { exitCode: value.exitCode, signal: value.signal };
  const { language, properties } = error?.data ?? {};
  const told = { ...error?.data, ...(isRecord(properties) ? properties : {}) };
  if (language !== "command" || !("exitCode" in told)) return null;
  return {
    exitCode: typeof told.exitCode === "number" ? told.exitCode : null,
    signal: "signal" in told && typeof told.signal === "string" ? told.signal : null,
  };
}

/** Members of `data` that are shown elsewhere, or mean nothing to the user. */
const shownElsewhere = new Set([
  "name",
  "type",
  "message",
  "stack",
  "cause",
  "language",
  "stderr",
  "stdout",
  "thrown",
  "pickle",
]);

function errorView(failure: Failure): ErrorView {
  const { data = {} } = failure;
  const type = textOf(data["type"]) ?? errorName(failure.code) ?? "Error";
  const thrown = textOf(data["message"]);
  // A thrown error is shown in full; the server's own errors as in the table.
  const message =
    data["language"] !== undefined && data["language"] !== "command" && thrown !== null ? thrown : failureText(failure);
  return {
    type,
    message: cut(message).text,
    stack: stackOf(data, type, message),
    facts: factsOf(data),
    stderr: outputOf(data["stderr"]) ?? (data["language"] === "command" ? outputOf(data["stdout"]) : null),
    cause: causeOf(data["cause"], 1),
  };
}

function causeOf(cause: unknown, depth: number): ErrorView | null {
  if (!isRecord(cause) || depth > deepestCause) return null;
  const type = textOf(cause["type"]) ?? "Error";
  const message = textOf(cause["message"]) ?? "";
  return {
    type,
    message: cut(message).text,
    stack: stackOf(cause, type, message),
    facts: factsOf(cause),
    stderr: null,
    cause: causeOf(cause["cause"], depth + 1),
  };
}

/** Without the lines at its top that repeat the error. */
function stackOf(data: Record<string, unknown>, type: string, message: string): CutText | null {
  const stack = data["language"] === "command" ? null : textOf(data["stack"]);
  if (stack === null) return null;
  const head = [`${type}: ${message}`, type].find((start) => stack.startsWith(`${start}\n`));
  const calls = (head === undefined ? stack : stack.slice(head.length + 1)).replaceAll(/^ {4}(?=at )/gm, "");
  return calls.trim() === "" ? null : cut(calls);
}

function factsOf({ properties, ...data }: Record<string, unknown>): CutText | null {
  const facts = Object.entries({ ...data, ...(isRecord(properties) ? properties : {}) }).filter(
    ([key, value]) => !shownElsewhere.has(key) && value !== null && value !== undefined,
  );
  return facts.length === 0 ? null : jsonText(Object.fromEntries(facts), pretty);
}

/** Keeps the end of the text, because that is where the reason stands. */
function outputOf(value: unknown): CutText | null {
  const text = stripVTControlCharacters(textOf(value) ?? "").trimEnd();
  return text === "" ? null : { text: text.slice(-longestText), cut: false };
}

function cut(text: string): CutText {
  return { text: text.slice(0, longestText), cut: text.length > longestText };
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
