import type { Failure } from "../../protocol/job.js";
import { failureText } from "../../bindings/typescript/runs/failure-text.js";
import { isForeign, placesInStack, type Position } from "../../sources/positions.js";
import type { Problem } from "./problem.js";

/** Reads a source file; null if there is none. */
export type ReadText = (path: string) => string | null;

/**
 * A module that could not be loaded, as one problem: at the line of the module that the error names, otherwise in the
 * module that it imports, otherwise at the beginning of the module.
 */
export function loadProblem(module: string, failure: Failure, readText: ReadText): Problem {
  const place = placeOf(module, failure, readText) ?? { path: module, line: 0, column: 0 };
  return {
    file: place.path,
    line: place.line,
    column: place.column,
    message: failureText(failure),
    severity: "error",
  };
}

function placeOf(module: string, { message, data }: Failure, readText: ReadText): Position | null {
  const stack = data?.["stack"];
  const text = typeof stack === "string" ? `${message}\n${stack}` : message;
  const places = placesInStack(text);
  const own = places.find(({ path }) => path === module);
  if (own) return own;
  return missingImport(module, text, readText) ?? places.find(({ path }) => !isForeign(path)) ?? null;
}

/** The line that imports what does not exist. */
function missingImport(module: string, text: string, readText: ReadText): Position | null {
  const match = /Cannot find (?:module|package) '([^']+)'(?: imported from (\S+))?/.exec(text);
  if (!match) return null;
  const path = withoutScheme(match[2] ?? module);
  if (isForeign(path)) return null;
  // An import of a file is reported with its absolute path.
  const name = match[1]!
    .split("/")
    .at(-1)!
    .replace(/\.[cm]?[jt]sx?$/, "");
  const lines = readText(path)?.split("\n") ?? [];
  const line = lines.findIndex(
    (source) => /\b(?:import|export|require)\b/.test(source) && new RegExp(`["'/]${escape(name)}["'./]`).test(source),
  );
  return line === -1 ? null : { path, line, column: 0 };
}

function escape(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function withoutScheme(path: string): string {
  return path.startsWith("file://") ? decodeURIComponent(path.slice("file://".length)) : path;
}
