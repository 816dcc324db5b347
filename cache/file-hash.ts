import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync, type BigIntStats } from "node:fs";
import { rawPath } from "./raw-path.js";

const pieceBytes = 1024 * 1024;

interface Known {
  stamp: string;
  hash: string;
}

export type Hashed = { kind: "file"; hash: string } | { kind: "folder" | "device" | "none" };

/** Hashes of files' bytes. A file is read again only when its size, time or identity has changed. */
export class FileHashes {
  readonly #known = new Map<string, Known>();
  readonly #onPiece: () => void;

  /** `onPiece` is called for each piece that was read of a file. */
  constructor(onPiece: () => void = () => {}) {
    this.#onPiece = onPiece;
  }

  /** `file` with the hash of its bytes; otherwise what is at the path. Throws if it cannot be read. */
  of(path: string): Hashed {
    const stat = statOf(path);
    if (!stat) return { kind: "none" };
    if (stat.isDirectory()) return { kind: "folder" };
    // Opening a FIFO blocks until it has a writer, and reading a device may never end.
    if (!stat.isFile()) return { kind: "device" };
    const stamp = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return { kind: "file", hash: known.hash };
    const hash = hashOfFile(path, this.#onPiece);
    this.#known.set(path, { stamp, hash });
    return { kind: "file", hash };
  }
}

export function hashOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A text that is too long for a name is none. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(rawPath(path), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

/** In pieces: memory stays flat. */
function hashOfFile(path: string, onPiece: () => void): string {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(pieceBytes);
  const descriptor = openSync(rawPath(path), "r");
  try {
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece)) {
      hash.update(piece.subarray(0, read));
      onPiece();
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest("hex");
}
