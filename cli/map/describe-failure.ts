import { errorCodes, errorName } from "../../protocol/errors.js";
import type { Failure } from "../../protocol/job.js";
import { formatDuration } from "../../protocol/duration.js";
import { maxOutputBytes } from "./command-target.js";

const framesShown = 4;

/** Why an item failed, for people: the first line says it, further ones are the stack. */
export function describeFailure({ code, message, data = {} }: Failure): string {
  if (code === errorCodes.TimedOut && typeof data["timeoutMs"] === "number") return `ran longer than ${formatDuration(data["timeoutMs"])}, and was stopped`;
  if (code !== errorCodes.TaskFailed) return message;
  const { type, stack, language } = data as { type?: string; stack?: string; language?: string };
  const said = typeof data["message"] === "string" ? data["message"] : message;
  if (language === "command") return said;
  const frames = (stack ?? "").split("\n").filter((line) => /^\s+(at|File) /.test(line)).slice(0, framesShown);
  return [`${type ?? "Error"}: ${said}`, ...frames].join("\n");
}

/** For `--json`: name, message and what else is known. */
export function failureToJson({ code, message, data = {} }: Failure): Record<string, unknown> {
  const { name: _, message: said, ...facts } = data;
  return { name: errorName(code) ?? "InternalError", code, message: typeof said === "string" ? said : message, ...facts };
}

/** Said of output that did not fit. */
export function truncationNote(item: string): string {
  return `${item}: its output is longer than ${maxOutputBytes / 1024 / 1024} MiB; only the end of it is shown`;
}
