import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/**
 * Points standard input, output and error to nothing. A pipeline behind the program that started this process ends only when nobody holds its
 * end any more. A terminal stays open: Node has opened it a second time, and nobody waits for the end of one.
 */
export function letGoOfStandardStreams(): void {
  if (process.platform === "win32") return;
  // Upwards: what is opened gets the lowest free descriptor, which is the one just closed.
  for (const fd of [0, 1, 2]) {
    close(fd);
    const opened = openSync(devNull, "r+");
    if (opened !== fd) closeSync(opened);
  }
}

function close(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It was not open.
  }
}
