import type { Failure } from "../../protocol/job.js";
import type { Target } from "../../protocol/target.js";
import { shorten } from "../output/one-line.js";
import { failureStack, failureText, failureWords } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, RunRequest } from "../runs/run.js";
import { isForeign, placesInStack, positionInStack, readRemark } from "../../sources/positions.js";
import type { Place, Problem } from "./problem.js";

/** Most problems of one item. The results panel shows the rest. */
const maxProblems = 50;
const maxNameLength = 60;

/** The problems that a failed item reports for files. */
export interface Found {
  /** About the item's own file. */
  problems: Problem[];
  /** The line that threw, in the function's module if the stack leads there. */
  thrownAt: Place | null;
}

/**
 * About the item's own file: at the places in it that the error or the command's output names, or where the stack leads
 * to, otherwise at its beginning. About the function: the line that threw.
 */
export function findProblems(row: Row, { target, name }: Pick<RunRequest, "target" | "name">): Found {
  const { error, file } = row;
  if (row.state !== "failed" || !error) return { problems: [], thrownAt: null };
  const stack = failureStack(error);
  const thrownAt = stack === null ? null : placeOfThrow(stack, modulePath(target));
  if (file === null) return { problems: [], thrownAt };
  const link = thrownAt === null || thrownAt.file === file ? {} : { thrownAt };
  const problems = remarksOn(file, error);
  if (problems.length === 0) {
    const position = stack === null ? null : positionInStack(stack, (path) => path === file);
    const message = failureText(error);
    problems.push({
      file,
      line: position?.line ?? 0,
      column: position?.column ?? 0,
      message: "command" in target ? `${shorten(name, maxNameLength)}: ${message}` : message,
      severity: "error",
    });
  }
  return { problems: problems.map((problem) => ({ ...problem, ...link })), thrownAt };
}

/** The problems in this file that the error or the command's output names. */
function remarksOn(file: string, error: Failure): Problem[] {
  const found: Problem[] = [];
  for (const line of failureWords(error).flatMap((text) => text.split("\n"))) {
    const remark = readRemark(line);
    if (!remark || !isSameFile(remark.path, file)) continue;
    found.push({ file, line: remark.line, column: remark.column, message: remark.message, severity: remark.severity });
    if (found.length === maxProblems) break;
  }
  return found;
}

function placeOfThrow(stack: string, module: string | null): Place | null {
  if (module === null) return null;
  const places = placesInStack(stack);
  const place = places.find(({ path }) => path === module) ?? places.find(({ path }) => !isForeign(path));
  return place ? { file: place.path, line: place.line, column: place.column } : null;
}

/** Path of the function's file; null if the target is no function of a file. */
export function modulePath(target: Target): string | null {
  if (!("module" in target)) return null;
  return target.module.startsWith("file://")
    ? decodeURIComponent(target.module.slice("file://".length))
    : target.module;
}

/** Whether the two name one file. A tool names a file as it was given, or relative to some folder above it. */
function isSameFile(named: string, file: string): boolean {
  return named === file || file.endsWith(`/${named.replace(/^(?:\.\/)+/, "")}`);
}
