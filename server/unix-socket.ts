import { chmodSync, existsSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, resolve } from "node:path";
import { lockBinding } from "./bind-lock.js";
import { UsageError } from "./usage-error.js";

/** Longest path of a socket on every Unix, in bytes. */
const maxPathBytes = 103;

/**
 * Listens on a socket to which only this user can connect, and returns its absolute path. Creates a missing folder for
 * this user alone (0700); refuses a folder that other users own or can write to. Replaces a socket on which no server
 * answers. A socket in use is an error. If several servers start at once, one of them gets the socket. Fails with
 * UsageError.
 */
export async function listenOnPath(server: Server, path: string): Promise<string> {
  const absolute = resolve(path);
  if (Buffer.byteLength(absolute) > maxPathBytes)
    throw new UsageError(
      `unix:${path}: the path is longer than the ${maxPathBytes} bytes that a socket's may have; choose a shorter one`,
    );
  const folder = dirname(absolute);
  makeFolder(folder);
  checkFolder(folder);

  const unlock = await lockBinding(absolute);
  try {
    await removeStale(absolute);
    await listenPrivately(server, absolute);
  } finally {
    unlock();
  }
  return absolute;
}

/**
 * Call this with the lock held: a socket that another server has bound, and does not listen on yet, looks like one that
 * a dead server left.
 */
async function removeStale(path: string): Promise<void> {
  const existing = lstatSync(path, { throwIfNoEntry: false });
  if (!existing) return;
  if (!existing.isSocket()) throw new UsageError(`unix:${path} exists and is not a socket; choose another path`);
  if (await isServed(path))
    throw new UsageError(`unix:${path}: a server answers there already; use it, stop it first, or choose another path`);
  unlinkSync(path);
}

/** The socket has mode 0600 from its creation on. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    // The socket is bound before `listen` returns.
    server.listen(path);
  } finally {
    process.umask(before);
  }
  await new Promise<void>((listening, failed) => {
    server.once("listening", listening);
    server.once("error", failed);
  });
  chmodSync(path, 0o600);
}

/**
 * Creates the folder and its parents. The recursive mkdir of Node 20 loops endlessly if the system refuses a folder
 * with ENOENT, as /proc does.
 */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another server may have created it in the meantime.
    if (code !== "EEXIST")
      throw new UsageError(`${folder} cannot be made (${code}): choose a path in a folder where you may write`);
  }
}

function checkFolder(folder: string): void {
  const stat = lstatSync(folder);
  if (stat.isSymbolicLink())
    throw new UsageError(
      `${folder} is a symbolic link, which others may have made: see where it leads, and name that folder`,
    );
  if (!stat.isDirectory()) throw new UsageError(`${folder} is not a folder`);
  const mine = process.getuid?.();
  if (mine === undefined) return;
  if (stat.uid !== mine)
    throw new UsageError(`${folder} belongs to another user (uid ${stat.uid}); put the socket in a folder of your own`);
  if ((stat.mode & 0o022) !== 0)
    throw new UsageError(
      `others can write to ${folder} (mode ${(stat.mode & 0o7777).toString(8)}): ` +
        "put the socket in a folder of mode 700",
    );
}

function isServed(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      answer(true);
    });
    // EAGAIN: the backlog is full, so a server does listen.
    socket.once("error", (error: NodeJS.ErrnoException) => answer(error.code === "EAGAIN"));
  });
}
