import { closeSync } from "node:fs";
import type { AsidePipe } from "../../engine/processes/spawner.js";
import { readAvailable } from "./read-available.js";

/** More than a FIFO holds. */
const maxReadBytes = 64 * 1024 + 1;

/** The server's end of a host's aside pipe, which nobody waits for: about 2 us a read, and 1 us for the host's write. */
export class FifoAside implements AsidePipe {
  #fd: number | null;
  /** What the host left when it exited. */
  #left: Uint8Array | null = null;

  /** @param fd a pipe that is open for reading and writing, non-blocking; closed by `hostExited`. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  read(): Uint8Array | null {
    if (this.#fd !== null) return readAll(this.#fd);
    const left = this.#left;
    this.#left = null;
    return left;
  }

  /** Nothing more comes; what is there can still be read. */
  hostExited(): void {
    if (this.#fd === null) return;
    this.#left = readAll(this.#fd);
    closeSync(this.#fd);
    this.#fd = null;
  }
}

const buffer = Buffer.allocUnsafeSlow(maxReadBytes);

function readAll(fd: number): Uint8Array | null {
  const length = readAvailable(fd, buffer);
  return length > 0 ? Uint8Array.prototype.slice.call(buffer, 0, length) : null;
}
