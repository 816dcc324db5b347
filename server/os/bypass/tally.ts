import { randomBytes } from "node:crypto";
import { closeSync, readSync, writeSync } from "node:fs";
import type { Tally } from "../../engine/bypass/tally.js";
import { memoryFolders, openNameless } from "./nameless-file.js";

const sizeBytes = 4096;
const slotBytes = 8;
/** Length of the mark, which precedes the first counter. */
const headBytes = 32;

/**
 * A page that a client writes and that this server can still read when the client has died. Null if it cannot be made.
 */
export function openTally(folders: readonly string[] = memoryFolders): Tally | null {
  for (const folder of folders) {
    const tally = openIn(folder);
    if (tally) return tally;
  }
  return null;
}

function openIn(folder: string): Tally | null {
  const file = openNameless(folder);
  if (!file) return null;
  const mark = randomBytes(headBytes / 2).toString("hex");
  if (fill(file.fd, mark)) return new FileTally(file.fd, file.path, mark);
  closeSync(file.fd);
  return null;
}

/** Writes the whole page now: a later store into mapped memory could not report a full disk. */
function fill(fd: number, mark: string): boolean {
  const page = Buffer.alloc(sizeBytes);
  page.write(mark, "latin1");
  try {
    return writeSync(fd, page) === sizeBytes;
  } catch {
    return false;
  }
}

class FileTally implements Tally {
  readonly path: string;
  readonly mark: string;
  readonly slots = (sizeBytes - headBytes) / slotBytes;
  readonly #fd: number;
  /** In the machine's byte order, as clients write it. */
  readonly #counter = new BigUint64Array(1);

  constructor(fd: number, path: string, mark: string) {
    this.#fd = fd;
    this.path = path;
    this.mark = mark;
  }

  read(slot: number): number {
    // If the client has truncated the file, the counter reads as 0.
    this.#counter[0] = 0n;
    readSync(this.#fd, this.#counter, 0, slotBytes, headBytes + slotBytes * slot);
    return Number(this.#counter[0]);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
