import { closeSync, writeSync } from "node:fs";
import type { Claims } from "../../engine/processes/spawner.js";
import { readAvailable } from "./read-available.js";

/** More bytes than the server ever has in a claims FIFO. */
const maxUnclaimed = 4096;

/** The server's end of a host's claims FIFO. Reading costs about 1 us for each byte, a write 2 us. */
export class FifoClaims implements Claims {
  #fd: number | null;
  /** Bytes that were unclaimed when the host exited. */
  #unclaimed: number[] = [];

  /** @param fd a pipe that is open for reading and writing, non-blocking; closed by `hostExited`. */
  constructor(fd: number) {
    this.#fd = fd;
  }

  write(seqs: readonly number[]): boolean {
    if (this.#fd === null) {
      // The host has exited, but the engine does not know it yet. The host will not claim these tasks.
      this.#unclaimed.push(...seqs);
      return true;
    }
    if (seqs.length === 0) return true;
    try {
      // A FIFO takes a write of up to 4096 bytes whole or not at all.
      writeSync(this.#fd, Uint8Array.from(seqs));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
      throw error;
    }
  }

  takeBack(max: number): number[] {
    if (max <= 0) return [];
    if (this.#fd === null) return this.#unclaimed.splice(0, max);
    return [...readUpTo(this.#fd, max)];
  }

  /** Closes the FIFO. Unclaimed bytes can still be taken back. */
  hostExited(): void {
    if (this.#fd === null) return;
    // One read only: a descendant of the host may go on writing.
    this.#unclaimed.push(...readUpTo(this.#fd, maxUnclaimed));
    closeSync(this.#fd);
    this.#fd = null;
  }
}

function readUpTo(fd: number, max: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(max);
  return bytes.subarray(0, readAvailable(fd, bytes));
}
