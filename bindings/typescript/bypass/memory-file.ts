import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { PolyprocError } from "../../../protocol/errors.js";

/** Where the server's file is, as its answers say. */
export interface MemoryPlace {
  path: string;
  inode: string;
  bytes: number;
}

/**
 * Opens a file of memory that the server holds. Throws Closed if the path leads to another file: the server runs as
 * another user, in a container, or on another machine.
 */
export function openMemoryFile({ path, inode }: MemoryPlace): number {
  let fd: number;
  try {
    // The path may lead to a foreign FIFO or terminal: opening that must neither block nor take it as the controlling
    // terminal.
    fd = openSync(path, constants.O_RDWR | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0));
  } catch (error) {
    throw unreachable((error as Error).message);
  }
  const { dev, ino, nlink, ...status } = fstatSync(fd, { bigint: true });
  const isThatFile = process.platform !== "linux" || (`${dev}:${ino}` === inode && nlink === 0n && isFile(status.mode));
  if (isThatFile) return fd;
  closeSync(fd);
  throw unreachable("another file is there");
}

function isFile(mode: bigint): boolean {
  return (mode & BigInt(constants.S_IFMT)) === BigInt(constants.S_IFREG);
}

function unreachable(why: string): PolyprocError {
  return new PolyprocError(
    "Closed",
    `the server's shared memory could not be opened (${why}): the server runs as another user, in a container, ` +
      "or on another machine",
  );
}
