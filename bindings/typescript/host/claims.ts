import { fstatSync, readSync } from "node:fs";

const claimsFd = 4;

/**
 * The host's end of the claims FIFO. Host and server both read from it, so each byte reaches exactly one of them. If
 * the host reads it, the host runs the task. If the server reads it, the server takes the task back from a busy host.
 */
export class ClaimsReader {
  readonly #byte = new Uint8Array(1);

  /**
   * The low byte of the next task's `seq`. Null if the FIFO is empty: the server has taken back all tasks offered so
   * far.
   */
  next(): number | null {
    try {
      return readSync(claimsFd, this.#byte, 0, 1, null) === 1 ? this.#byte[0]! : null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return null;
      throw error;
    }
  }
}

/** Null if the server made no claims FIFO: then the host runs every task that it receives. */
export function openClaims(): ClaimsReader | null {
  try {
    // As bigint: a plain fstat leaves its numbers in a shared buffer, which Node's module loader later mistakes for
    // those of a symbolic link.
    return fstatSync(claimsFd, { bigint: true }).isFIFO() ? new ClaimsReader() : null;
  } catch {
    return null;
  }
}
