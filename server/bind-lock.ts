import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { UsageError } from "./usage-error.js";

const retryMs = 10;
/** A server that starts has the lock for milliseconds. */
const patienceMs = 5000;

/**
 * Links of this process. One with its pid that is not here was left by an earlier process, as happens where pids begin
 * anew with each start.
 */
const own = new Set<string>();

/**
 * Keeps other servers from binding the same path meanwhile. The lock is a symbolic link whose text is its holder's pid:
 * so it is made together with its text. One that a killed server left is not broken, for whoever does that may hit the
 * lock of somebody who was quicker. It stays, and the next link in the row counts instead; who gets that removes the
 * row when done. Returns what unlocks. Fails with UsageError when others have it for longer than `waitMs`.
 */
export async function lockBinding(path: string, waitMs = patienceMs): Promise<() => void> {
  const end = performance.now() + waitMs;
  for (;;) {
    const { at, holder } = lastOf(path);
    if (holder === null && take(linkOf(path, at))) {
      // Since the look the row may have been removed, and another begun.
      if (lastOf(path).at === at) return () => removeRow(path, at);
      remove(linkOf(path, at));
    }
    if (performance.now() >= end) {
      const who = holder === null ? "other servers have" : `process ${holder} has`;
      throw new UsageError(
        `unix:${path}: ${who} been starting there for ${waitMs / 1000} s; if it is no server, ` +
          `remove ${linkOf(path, at)}`,
      );
    }
    await sleep(retryMs);
  }
}

/** The first link of the row whose holder lives, or the place behind those of the dead (`holder` is null). */
function lastOf(path: string): { at: number; holder: number | null } {
  for (let at = 0; ; at++) {
    const name = linkOf(path, at);
    const holder = holderOf(name);
    if (holder === null || isLiving(holder, name)) return { at, holder };
  }
}

function linkOf(path: string, at: number): string {
  return `${path}.binding${at === 0 ? "" : at}`;
}

function take(name: string): boolean {
  try {
    symlinkSync(String(process.pid), name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
  own.add(name);
  return true;
}

/**
 * Ours last: until it is gone, nobody else can have that place, and who has seen the others there sees that they are
 * not.
 */
function removeRow(path: string, last: number): void {
  for (let at = 0; at <= last; at++) remove(linkOf(path, at));
}

function remove(name: string): void {
  own.delete(name);
  rmSync(name, { force: true });
}

function holderOf(name: string): number | null {
  try {
    return Number(readlinkSync(name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function isLiving(pid: number, name: string): boolean {
  if (pid === process.pid) return own.has(name);
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // One of another user lives, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
