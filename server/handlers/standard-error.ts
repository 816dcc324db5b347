import { writeSync } from "node:fs";

/**
 * Writes a message for people to standard error. Not through `process.stderr`: for that, Node makes the descriptor
 * non-blocking, and with it that of the program that started this server and shares its standard error. What the
 * program wrote quickly was then lost. A message that cannot be written is dropped.
 */
export function tellPeople(text: string): void {
  const data = Buffer.from(`polyproc: ${text}\n`);
  try {
    for (let written = 0; written < data.length;) written += writeSync(2, data, written);
  } catch {
    // It has no reader, or a slow one.
  }
}
