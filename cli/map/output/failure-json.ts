import { errorName } from "../../../protocol/errors.js";
import type { Failure } from "../../../protocol/job.js";
import { maxOutputBytes } from "../target/command-target.js";

/** For `--json`: the failure's name, code, message and data. */
export function failureToJson({ code, message, data = {} }: Failure): Record<string, unknown> {
  const { name: _, message: said, ...facts } = data;
  return {
    name: errorName(code) ?? "InternalError",
    code,
    message: typeof said === "string" ? said : message,
    ...facts,
  };
}

/** Note for truncated output. */
export function truncationNote(item: string): string {
  return `${item}: its output is longer than ${maxOutputBytes / 1024 / 1024} MiB; only the end of it is shown`;
}
