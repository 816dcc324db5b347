import { closeSync, fstatSync, writeSync } from "node:fs";
import { canMap, mapShared } from "../../../native/load.js";
import { pageBytes } from "../../../protocol/lock-words.js";
import type { WordPage } from "../../engine/sync/lock-words.js";
import { memoryFolders, openNameless } from "./nameless-file.js";

/** Null without native code, and if no folder has room for the page. */
export function openWords(folders: readonly string[] = memoryFolders): WordPage | null {
  if (!canMap()) return null;
  for (const folder of folders) {
    const page = openIn(folder);
    if (page) return page;
  }
  return null;
}

function openIn(folder: string): WordPage | null {
  const file = openNameless(folder);
  if (!file) return null;
  const memory = fill(file.fd) ? mapShared(file.fd, pageBytes) : null;
  if (!memory) {
    closeSync(file.fd);
    return null;
  }
  const { dev, ino } = fstatSync(file.fd, { bigint: true });
  return {
    path: file.path,
    inode: `${dev}:${ino}`,
    words: new Int32Array(memory),
    close: () => closeSync(file.fd),
  };
}

/** Writes the whole page now: a later store into mapped memory could not report a full disk. */
function fill(fd: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(pageBytes)) === pageBytes;
  } catch {
    return false;
  }
}
