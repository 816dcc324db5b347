import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/**
 * Redirects standard input, output and error to the null device. The reader of a pipe gets EOF only when every process
 * has closed its end, so a server that outlives its client must not hold the client's streams. A terminal stays open,
 * because Node has opened it a second time; no process waits for EOF there.
 */
export function letGoOfStandardStreams(): void {
  if (process.platform === "win32") return;
  // In ascending order: `open` returns the lowest free descriptor, which is the one just closed.
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
