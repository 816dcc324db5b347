import type { Target } from "../../protocol/target.js";
import { shorten } from "../output/one-line.js";
import { failureStack, failureText, failureWords } from "../runs/failure-text.js";
import type { Row, RunRequest } from "../runs/run.js";
import { positionInStack, readRemark } from "./positions.js";
import type { Problem } from "./problem.js";

/** Of one item; the results have the rest. */
const maxProblems = 50;
const maxNameLength = 60;

/**
 * What a failed item says about files. About its own file: at the places in it that the error or the command's output
 * names, or where the stack leads to, else at its beginning. Of an item that is no file: about the function's module,
 * when the stack leads there.
 */
export function findProblems(row: Row, { target, name }: Pick<RunRequest, "target" | "name">): Problem[] {
  const { error, file } = row;
  if (row.state !== "failed" || !error) return [];
  const message = failureText(error);
  const stack = failureStack(error);
  if (file === null) {
    const module = modulePath(target);
    const position = module !== null && stack !== null ? positionInStack(stack, (path) => path === module) : null;
    return position
      ? [
          {
            file: position.path,
            line: position.line,
            column: position.column,
            message: `${row.label}: ${message}`,
            severity: "error",
          },
        ]
      : [];
  }
  const found: Problem[] = [];
  for (const line of failureWords(error).flatMap((text) => text.split("\n"))) {
    const remark = readRemark(line);
    if (!remark || !isSameFile(remark.path, file)) continue;
    found.push({ file, line: remark.line, column: remark.column, message: remark.message, severity: remark.severity });
    if (found.length === maxProblems) break;
  }
  if (found.length > 0) return found;
  const position = stack === null ? null : positionInStack(stack, (path) => path === file);
  return [
    {
      file,
      line: position?.line ?? 0,
      column: position?.column ?? 0,
      message: "command" in target ? `${shorten(name, maxNameLength)}: ${message}` : message,
      severity: "error",
    },
  ];
}

function modulePath(target: Target): string | null {
  if (!("module" in target)) return null;
  return target.module.startsWith("file://")
    ? decodeURIComponent(target.module.slice("file://".length))
    : target.module;
}

/** Tools name files as they were given, or relative to some folder above them. */
function isSameFile(named: string, file: string): boolean {
  return named === file || file.endsWith(`/${named.replace(/^(?:\.\/)+/, "")}`);
}
