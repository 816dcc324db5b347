import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Tally } from "../../engine/bypass/tally.js";
import { descriptorPath } from "./descriptor-path.js";

const sizeBytes = 4096;
const slotBytes = 8;
/** Length of the mark, which precedes the first counter. */
const headBytes = 32;

/** Linux's O_TMPFILE: a file that never has a name, so that no process has to remove it. */
const withoutName = constants.O_DIRECTORY | 0o20000000;

/** Memory first: pages of a file on a disk would be written to it. */
const usualFolders = ["/dev/shm", tmpdir()];

/**
 * A page that a client writes and that this server can still read when the client has died. Null if it cannot be made.
 */
export function openTally(folders: readonly string[] = usualFolders): Tally | null {
  for (const folder of folders) {
    const tally = openIn(folder);
    if (tally) return tally;
  }
  return null;
}

/** Null if the folder is missing, full, or on a file system without such files, and on other systems than Linux. */
function openIn(folder: string): Tally | null {
  let fd: number;
  try {
    fd = openSync(folder, constants.O_RDWR | withoutName, 0o600);
  } catch {
    return null;
  }
  const path = descriptorPath(fd);
  const mark = randomBytes(headBytes / 2).toString("hex");
  if (path !== null && fill(fd, mark)) return new FileTally(fd, path, mark);
  closeSync(fd);
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
