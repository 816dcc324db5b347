import type { Diagnostic } from "vscode-languageserver";
import { isAbsolute } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { RunEntry } from "../../protocol/run.js";
import { placesInStack, positionInStack, readRemark } from "../../sources/positions.js";

/** Most failed items of a run that are shown. */
export const maxProblems = 200;

const error = 1 as const;

/**
 * The problems of failed items, by the files that they are about: the item's own file, at the place that its stack or
 * its output names, and the line of the function that threw. `module`: URL of the function's file.
 */
export function problemsOf(
  name: string,
  module: string,
  failed: readonly { entry: RunEntry; item: unknown }[],
): Map<string, Diagnostic[]> {
  const found = new Map<string, Diagnostic[]>();
  const add = (path: string, line: number, character: number, message: string) => {
    const uri = pathToFileURL(path).href;
    const range = { start: { line, character }, end: { line, character: character + 1 } };
    const list = found.get(uri) ?? [];
    found.set(uri, [...list, { range, message, severity: error, source: "polyproc" }]);
  };
  const modulePath = fileURLToPath(module);
  const thrown = new Map<number, { character: number; messages: string[] }>();
  for (const { entry, item } of failed.slice(0, maxProblems)) {
    const { message, data } = entry.error!;
    const stack = typeof data?.["stack"] === "string" ? data["stack"] : "";
    if (typeof item === "string" && isAbsolute(item)) {
      const remark = message
        .split("\n")
        .map(readRemark)
        .find((one) => one?.path === item);
      const position = remark ?? positionInStack(stack, (path) => path === item);
      add(item, position?.line ?? 0, position?.column ?? 0, `${name}: ${message}`);
    }
    const place = placesInStack(stack).find(({ path }) => path === modulePath);
    if (!place) continue;
    const there = thrown.get(place.line) ?? { character: place.column, messages: [] };
    there.messages.push(message);
    thrown.set(place.line, there);
  }
  for (const [line, { character, messages }] of thrown)
    add(
      modulePath,
      line,
      character,
      messages.length === 1 ? messages[0]! : `${messages[0]} (and ${messages.length - 1} more items failed here)`,
    );
  return found;
}
