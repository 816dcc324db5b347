import { writeSync } from "node:fs";

/** Writes a message for people to standard error. */
export function tellPeople(text: string): void {
  writeToPeople(Buffer.from(`polyproc: ${text}\n`));
}

/** Writes to standard error, which may be shared with other programs. What cannot be written at once is dropped. */
export function writeToPeople(data: Buffer): void {
  try {
    for (let written = 0; written < data.length;) written += writeSync(2, data, written);
  } catch {
    // It has no reader, or a slow one.
  }
}
