import { fstatSync, readSync } from "node:fs";

const claimsFd = 4;

/**
 * The host's side of the claims pipe. Host and server read the same pipe, so exactly one of them gets each byte: the
 * host to start a task, the server to take it back while the host is busy.
 */
export class ClaimsReader {
  readonly #byte = new Uint8Array(1);

  /** The low byte of the next task's `seq`, or null when the server has taken back everything that was offered. */
  next(): number | null {
    try {
      return readSync(claimsFd, this.#byte, 0, 1, null) === 1 ? this.#byte[0]! : null;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EAGAIN") return null;
      throw error;
    }
  }
}

/** Null where the server has no such pipe: then the host runs all that it is given. */
export function openClaims(): ClaimsReader | null {
  try {
    // As bigint: the numbers of a plain fstat stay in a buffer that Node's module loader reads again, and takes for
    // those of a link.
    return fstatSync(claimsFd, { bigint: true }).isFIFO() ? new ClaimsReader() : null;
  } catch {
    return null;
  }
}
