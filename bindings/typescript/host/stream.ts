import { writeSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import type { DirectIntake } from "../../../server/ipc/framing/direct-intake.js";

/** Milliseconds until a write is tried again after the socket buffer was full. */
const retryMs = 0.2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * The host's connection to the server. It reads like any socket, but writes synchronously: when `write` returns, the
 * kernel has the bytes. So a finished result never waits behind the next task, `process.exit` loses nothing, no backlog
 * grows in memory, and a task that writes faster than the server reads is blocked, as by a pipe.
 */
export class HostStream extends Socket {
  readonly #fd: number;
  /** Bytes that the kernel has taken. */
  sentBytes = 0;

  constructor(fd: number, intake: DirectIntake) {
    super({ fd, readable: true, writable: true, onread: intake.onread } as SocketConstructorOpts);
    this.#fd = fd;
  }

  override write(chunk: Uint8Array | string): boolean {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let sent = 0;
    while (sent < bytes.length) {
      try {
        sent += writeSync(this.#fd, bytes, sent);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") serverHasGone();
        Atomics.wait(sleeper, 0, 0, retryMs);
      }
    }
    this.sentBytes += sent;
    return true;
  }

  /** The server decides how long a host lives, whether or not requests are pending. */
  override unref(): this {
    return this;
  }
}

/** Exits, because the server has ended. `error`: why the connection broke; null if the server closed it. */
export function serverHasGone(error: Error | null = null): never {
  // Directly to the descriptor: other output goes over the connection, which has ended.
  if (error) writeFailure(`worker host ${process.pid}: ${error.message}\n`);
  process.exit(1);
}

function writeFailure(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Standard error is closed, too.
  }
}
