import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Tally } from "../../engine/bypass/tally.js";
import { descriptorPath } from "./descriptor-path.js";

const sizeBytes = 4096;
const slotBytes = 8;
/** Of the mark, before the first counter. */
const headBytes = 32;

/** Linux's O_TMPFILE: a file that never has a name, so nobody has to remove it. */
const withoutName = constants.O_DIRECTORY | 0o20000000;

/** Memory first: a disk would be written. */
const usualFolders = ["/dev/shm", tmpdir()];

/** A page that a client can write and this server can read when the client has died. Null where that cannot be had. */
export function openTally(folders: readonly string[] = usualFolders): Tally | null {
  for (const folder of folders) {
    const tally = openIn(folder);
    if (tally) return tally;
  }
  return null;
}

/** Null when there is no such folder, it is full, it cannot have such files, or the system has no such paths. */
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

/** The whole page: a store into memory has no way to say that a disk is full. */
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
    // Its owner may have cut the page short.
    this.#counter[0] = 0n;
    readSync(this.#fd, this.#counter, 0, slotBytes, headBytes + slotBytes * slot);
    return Number(this.#counter[0]);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
