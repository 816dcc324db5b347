import { chmodSync, lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, resolve } from "node:path";
import { UsageError } from "./usage-error.js";

/** Longest path of a socket that every Unix takes, in bytes. */
const maxPathBytes = 103;

/**
 * Makes the place for a socket: its folder, 0700 when it had to be made, refused when others can write to it or own it. A socket that
 * nobody answers on any more is removed; one that is served is an error. Fails with UsageError. Returns the absolute path.
 */
export async function preparePath(path: string): Promise<string> {
  const absolute = resolve(path);
  if (Buffer.byteLength(absolute) > maxPathBytes) throw new UsageError(`unix:${path}: the path is longer than the ${maxPathBytes} bytes that a socket's may have; choose a shorter one`);
  const folder = dirname(absolute);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkFolder(folder);

  const existing = lstatSync(absolute, { throwIfNoEntry: false });
  if (!existing) return absolute;
  if (!existing.isSocket()) throw new UsageError(`unix:${path} exists and is not a socket; choose another path`);
  if (await isServed(absolute)) throw new UsageError(`unix:${path}: a server answers there already; use it, stop it first, or choose another path`);
  unlinkSync(absolute);
  return absolute;
}

/** Listens so that only this user can connect, from the first moment on. */
export async function listenPrivately(server: Server, path: string): Promise<void> {
  const before = process.umask(0o177);
  try {
    // Bound before this returns.
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

function checkFolder(folder: string): void {
  const stat = lstatSync(folder);
  if (!stat.isDirectory()) throw new UsageError(`${folder} is not a folder`);
  const mine = process.getuid?.();
  if (mine === undefined) return;
  if (stat.uid !== mine) throw new UsageError(`${folder} belongs to another user (uid ${stat.uid}); put the socket in a folder of your own`);
  if ((stat.mode & 0o022) !== 0) throw new UsageError(`others can write to ${folder} (mode ${(stat.mode & 0o7777).toString(8)}): put the socket in a folder of mode 700`);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      answer(true);
    });
    // EAGAIN: its backlog is full, so somebody does listen.
    socket.once("error", (error: NodeJS.ErrnoException) => answer(error.code === "EAGAIN"));
  });
}
