import { closeSync, fstatSync, writeSync } from "node:fs";
import { createShared, mapShared } from "../../../native/load.js";
import { pageBytes } from "../../../protocol/lock-words.js";
import type { WordPage } from "../../engine/sync/lock-words.js";
import { descriptorPath } from "./descriptor-path.js";

/**
 * Null without native code, and without memory for the page. A peer may write anything into the page. It cannot cut it:
 * a store behind the end would kill the server.
 */
export function openWords(): WordPage | null {
  const fd = createShared(pageBytes);
  if (fd === null) return null;
  const path = descriptorPath(fd);
  const memory = path !== null && fill(fd) ? mapShared(fd, pageBytes) : null;
  if (!memory) {
    closeSync(fd);
    return null;
  }
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return { path: path!, inode: `${dev}:${ino}`, words: new Int32Array(memory), close: () => closeSync(fd) };
}

/** Writes the whole page now: a later store into mapped memory could not report that there is none left. */
function fill(fd: number): boolean {
  try {
    return writeSync(fd, Buffer.alloc(pageBytes)) === pageBytes;
  } catch {
    return false;
  }
}
