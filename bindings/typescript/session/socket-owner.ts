import { lstatSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { PolyprocError } from "./errors.js";

/**
 * Throws Unauthorized if another user may have created this Unix socket: a client sends code and data to the server and
 * trusts its answers. The sockets of all our servers pass, because a server binds only in a folder that only its user
 * can write to. A missing socket passes: connecting reports it.
 */
export function requireOwnSocket(path: string): void {
  const absolute = resolve(path);
  requireOwnFolder(dirname(absolute));
  const socket = look(absolute);
  if (socket) requireOwner(absolute, "socket", socket);
}

/** The same for the folder of a server that is about to start. A missing folder passes. */
export function requireOwnFolder(folder: string): void {
  const stat = look(folder);
  if (!stat) return;
  requireOwner(folder, "folder", stat);
  if (process.getuid && (stat.mode & 0o022) !== 0) {
    throw refusal(
      `other users can write to the socket's folder ${folder} (mode ${(stat.mode & 0o7777).toString(8)}), ` +
        "and may have put the socket there: make the folder yours alone (chmod 700), or choose another address",
    );
  }
}

function requireOwner(path: string, what: string, stat: Stats): void {
  const mine = process.getuid?.();
  if (mine === undefined) return;
  if (stat.isSymbolicLink())
    throw refusal(
      `${path} is a symbolic link, and its end may be another user's: see who made it, and name the ${what} ` +
        "that it leads to",
    );
  if (stat.uid !== mine && stat.uid !== 0)
    throw refusal(
      `the ${what} ${path} belongs to another user (uid ${stat.uid}, and this process runs as ${mine}): ` +
        "see whose it is, and remove it or choose another address",
    );
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function refusal(message: string): PolyprocError {
  return new PolyprocError("Unauthorized", message);
}
