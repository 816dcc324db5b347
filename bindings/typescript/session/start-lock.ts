import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SpawnFailed } from "./errors.js";
import { requireOwnFolder } from "./socket-owner.js";

/** A start takes no longer; a lock that is older was left behind. */
const staleMs = 30_000;
const betweenLooksMs = 40;

/**
 * Runs `action`, the start of a server, while nobody else on this machine does that for the same path of a socket.
 * Without it, two that find the same stale socket would each remove it, the slower one what the faster one's server has
 * just made.
 */
export async function withStartLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const mine = `${process.pid} ${randomUUID()}`;
  prepare(dirname(lock));
  while (!taken(lock, mine)) {
    const held = read(lock);
    if (held !== null && isStale(lock, held)) remove(lock, held);
    else await delay(betweenLooksMs);
  }
  try {
    return await action();
  } finally {
    if (read(lock) === mine) rmSync(lock, { force: true });
  }
}

/** Of the first server of this user: as on the command line, nobody else may look in. */
function prepare(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(error);
  }
  requireOwnFolder(folder);
}

function unwritable(error: unknown): SpawnFailed {
  const { code, message } = error as NodeJS.ErrnoException;
  return new SpawnFailed("SpawnFailed", `a server cannot be started: ${message}; check that its socket's folder can be written to, and has room`, { errno: code }, { cause: error });
}

function taken(lock: string, content: string): boolean {
  try {
    writeFileSync(lock, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // A full disk may have taken the file, and not its text.
    if (read(lock) === "") rmSync(lock, { force: true });
    throw unwritable(error);
  }
}

function isStale(lock: string, held: string): boolean {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > staleMs || (held !== "" && !isAlive(Number.parseInt(held, 10)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Takes away the lock that was looked at: by renaming, which one of several succeeds in, and never another one that
 * took its place.
 */
function remove(lock: string, held: string): void {
  const aside = `${lock}.${randomUUID()}`;
  try {
    renameSync(lock, aside);
  } catch {
    return;
  }
  if (read(aside) === held) rmSync(aside, { force: true });
  else renameSync(aside, lock);
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
