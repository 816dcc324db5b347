import { readSync } from "node:fs";

/** Reads the available bytes of a non-blocking pipe into `buffer`. Returns their number; 0 if there are none. */
export function readAvailable(fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
