import { readlinkSync, rmSync, symlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "./os/is-alive.js";
import { UsageError } from "./usage-error.js";

const retryMs = 10;
/** A server that starts has the lock for milliseconds. */
const patienceMs = 5000;

/**
 * The links that this process made. A link with its pid that is not here was left by an earlier process with the same
 * pid, which is common in containers.
 */
const own = new Set<string>();

/**
 * Locks a path, so that one server at a time looks at its socket and binds it. The lock is a symbolic link whose text
 * is the holder's pid: link and text are made in one step.
 *
 * A server never removes the link of a dead holder: between its look and its removal another server could take the
 * lock, and it would remove that server's link. Instead it makes the next link of the row. The server that gets the
 * lock removes the whole row when it unlocks. Returns the function that unlocks. Fails with UsageError if other servers
 * hold the lock for longer than `waitMs`.
 */
export async function lockBinding(path: string, waitMs = patienceMs): Promise<() => void> {
  const end = performance.now() + waitMs;
  for (;;) {
    const { at, holder } = lastOf(path);
    if (holder === null && take(linkOf(path, at))) {
      // Since the search the row may have been removed, and a new one begun.
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

/** The first link of the row whose holder lives, or else the next free place (`holder` is null). */
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
 * Removes the own link last. Until then no other server can take its place, and a server that saw the other links sees
 * that they are gone.
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
  return isAlive(pid);
}
