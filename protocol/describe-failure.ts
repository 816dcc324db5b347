import { formatDuration } from "./duration.js";
import { errorCodes } from "./errors.js";
import type { Failure } from "./job.js";

const framesShown = 4;

/** Why an item failed, for display: the reason in the first line, then the stack. */
export function describeFailure({ code, message, data = {} }: Failure): string {
  if (code === errorCodes.TimedOut && typeof data["timeoutMs"] === "number")
    return `ran longer than ${formatDuration(data["timeoutMs"])}, and was stopped`;
  if (code !== errorCodes.TaskFailed) return message;
  const { type, stack, language } = data as { type?: string; stack?: string; language?: string };
  const said = typeof data["message"] === "string" ? data["message"] : message;
  if (language === "command") return said;
  const frames = (stack ?? "")
    .split("\n")
    .filter((line) => /^\s+(at|File) /.test(line))
    .slice(0, framesShown);
  return [`${type ?? "Error"}: ${said}`, ...frames].join("\n");
}
