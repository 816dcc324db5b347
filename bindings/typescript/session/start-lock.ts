import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SpawnFailed } from "./errors.js";
import { isAlive } from "./is-alive.js";
import { requireOwnFolder } from "./socket-owner.js";

/** A start takes less time than this. An older lock was left behind. */
const staleMs = 30_000;
const betweenLooksMs = 40;

/**
 * Runs `action`, which starts a server, while no other process on this machine starts one for the same socket path.
 *
 * Without the lock, two processes that find a stale socket would both remove it, and the slower one would remove the
 * socket of the faster one's new server.
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

/** The folder may be missing before this user's first server. Only the user gets access, as on the command line. */
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
  return new SpawnFailed(
    "SpawnFailed",
    `a server cannot be started: ${message}; check that its socket's folder can be written to, and has room`,
    { errno: code },
    { cause: error },
  );
}

function taken(lock: string, content: string): boolean {
  try {
    writeFileSync(lock, content, { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    // On a full disk the file may exist without its text.
    if (read(lock) === "") rmSync(lock, { force: true });
    throw unwritable(error);
  }
}

function isStale(lock: string, held: string): boolean {
  const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > staleMs || (held !== "" && !isAlive(Number.parseInt(held, 10)));
}

/**
 * Removes the stale lock. Renaming is atomic: only one process succeeds. If the lock was replaced after it was read, it
 * is put back.
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
