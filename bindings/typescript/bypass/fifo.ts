import { closeSync, constants, fstatSync, openSync } from "node:fs";

/** A channel, as the server names it. */
export interface ChannelFacts {
  channel: number;
  path: string;
  inode?: string | undefined;
}

export const forReading = constants.O_RDONLY;
export const forWriting = constants.O_WRONLY;

/** Opens a channel's FIFO. Throws if `path` leads to another file: the server may run in another container, say. */
export function openFifo({ path, inode }: ChannelFacts, mode: number): number {
  // The path may lead to a foreign terminal: opening that must not take it as the controlling terminal.
  const fd = openSync(path, mode | constants.O_NONBLOCK | constants.O_NOCTTY);
  const status = fstatSync(fd, { bigint: true });
  if (status.isFIFO() && `${status.dev}:${status.ino}` === inode) return fd;
  closeSync(fd);
  throw new Error(`${path} is not the server's FIFO`);
}

export function isAgain(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EAGAIN";
}
