import { describeFailure } from "../../../protocol/describe-failure.js";
import { failsForAll } from "../../../protocol/fails-for-all.js";
import type { Failure } from "../../../protocol/job.js";
import type { RunRecord } from "./run-record.js";

/** Why an item failed, in one line for people. */
export function failureText(failure: Failure): string {
  return firstLine(describeFailure(failure));
}

/** Why the run ended early, if no item could succeed: its module cannot be loaded, or its program cannot be started. */
export function failureOfAll({ info, rows, request }: Pick<RunRecord, "info" | "rows" | "request">): Failure | null {
  if (info.state !== "halted") return null;
  for (const { state, error } of rows)
    if (state === "failed" && error && failsForAll(error, request.target)) return error;
  return null;
}

/** The stack of an error that was thrown, the first line being the error; null when there is none. */
export function failureStack({ data }: Failure): string | null {
  const stack = data?.["stack"];
  return typeof stack === "string" && data?.["language"] !== "command" && stack.includes("\n") ? stack : null;
}

/** The text of a failure: the kept output of a command, and the error's own message. */
export function failureWords({ data, message }: Failure): string[] {
  return [data?.["stderr"], data?.["stdout"], data?.["message"] ?? message].filter(
    (text): text is string => typeof text === "string" && text !== "",
  );
}

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return end === -1 ? text : text.slice(0, end);
}
