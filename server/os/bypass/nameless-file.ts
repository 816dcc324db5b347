import { closeSync, constants, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { descriptorPath } from "./descriptor-path.js";

/** Linux's O_TMPFILE: a file that never has a name, so that no process has to remove it. */
const withoutName = constants.O_DIRECTORY | 0o20000000;

/** Memory first: pages of a file on a disk would be written to it. */
export const memoryFolders: readonly string[] = ["/dev/shm", tmpdir()];

export interface NamelessFile {
  fd: number;
  /** By which other processes open it. */
  path: string;
}

/** Null if the folder is missing, full, or on a file system without such files, and on other systems than Linux. */
export function openNameless(folder: string): NamelessFile | null {
  let fd: number;
  try {
    fd = openSync(folder, constants.O_RDWR | withoutName, 0o600);
  } catch {
    return null;
  }
  const path = descriptorPath(fd);
  if (path !== null) return { fd, path };
  closeSync(fd);
  return null;
}
