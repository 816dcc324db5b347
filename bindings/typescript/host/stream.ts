import { writeSync } from "node:fs";
import { Socket, type SocketConstructorOpts } from "node:net";
import type { DirectIntake } from "../../../server/ipc/framing/direct-intake.js";

/** How long to wait before trying again when the server has not read what was sent, in milliseconds. */
const retryMs = 0.2;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * The host's connection, which reads as any socket does and writes at once: when `write` returns, the operating system
 * has the bytes. So a finished result never waits behind the next task, nothing is lost by `process.exit`, nothing
 * piles up in memory, and a task that writes faster than the server reads is made to wait, as it would be by a pipe.
 */
export class HostStream extends Socket {
  readonly #fd: number;

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
    return true;
  }

  /** A host lives for as long as its server wants it, whether or not it waits for an answer. */
  override unref(): this {
    return this;
  }
}

/** Nobody is left to work for. `error`: why the connection ended, when the server did not just end it. */
export function serverHasGone(error: Error | null = null): never {
  // Not over the connection, as other output goes.
  if (error) writeFailure(`worker host ${process.pid}: ${error.message}\n`);
  process.exit(1);
}

function writeFailure(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody reads that either.
  }
}
