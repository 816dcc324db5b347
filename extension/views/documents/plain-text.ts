import { stripVTControlCharacters } from "node:util";

/**
 * Text that was meant for a terminal, for an editor: without colours, and of a line that was written over and over the
 * last version only.
 */
export function plainText(text: string): string {
  const stripped = stripVTControlCharacters(text);
  return stripped.includes("\r") ? stripped.split("\n").map(lastVersion).join("\n") : stripped;
}

function lastVersion(line: string): string {
  return line.split("\r").findLast((version) => version !== "") ?? "";
}
