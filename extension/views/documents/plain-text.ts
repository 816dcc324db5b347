import { stripVTControlCharacters } from "node:util";

/**
 * Turns text for a terminal into text for an editor: without colours, and with only the last version of a line that was
 * written several times.
 */
export function plainText(text: string): string {
  const stripped = stripVTControlCharacters(text);
  return stripped.includes("\r") ? stripped.split("\n").map(lastVersion).join("\n") : stripped;
}

function lastVersion(line: string): string {
  return line.split("\r").findLast((version) => version !== "") ?? "";
}
