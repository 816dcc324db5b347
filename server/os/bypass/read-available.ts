import { readSync } from "node:fs";

/** Reads from a non-blocking pipe what is there, into `buffer`. How many bytes: 0 when there are none. */
export function readAvailable(fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
