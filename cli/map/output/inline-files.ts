import { closeSync, openSync, readSync, rmSync, statSync } from "node:fs";
import type { CommandResult } from "../../../protocol/target.js";
import { maxOutputBytes } from "../target/command-target.js";
import type { Outcome } from "../outcome.js";

/** For `--json`: the outcome with the texts of its files in it, at most the last 16 MiB of each. Removes the files. */
export function inlineFiles(outcome: Outcome): Outcome {
  if (outcome.kind === "skipped") return outcome;
  if (outcome.kind === "done") return { ...outcome, value: inlined(outcome.value) };
  return { ...outcome, error: { ...outcome.error, data: inlined(outcome.error.data) as Record<string, unknown> } };
}

function inlined(value: unknown): unknown {
  const { stdoutFile, stderrFile, ...result } = (value ?? {}) as Partial<CommandResult>;
  if (stdoutFile === undefined && stderrFile === undefined) return value;
  let truncated = false;
  const text = (path: string | undefined, otherwise: string | undefined) => {
    if (path === undefined) return otherwise;
    const { size } = statSync(path);
    truncated ||= size > maxOutputBytes;
    const bytes = Buffer.alloc(Math.min(size, maxOutputBytes));
    const descriptor = openSync(path, "r");
    const read = readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    closeSync(descriptor);
    rmSync(path, { force: true });
    return bytes.toString("utf8", 0, read);
  };
  return { ...result, stdout: text(stdoutFile, result.stdout), stderr: text(stderrFile, result.stderr), truncated };
}
