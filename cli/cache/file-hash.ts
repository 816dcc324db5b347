import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { rawPath } from "../map/items/raw-names.js";

const pieceBytes = 1024 * 1024;

interface Known {
  stamp: string;
  hash: string;
}

/** Hashes of files' bytes. A file is read again only when its size, time or identity has changed. */
export class FileHashes {
  readonly #known = new Map<string, Known>();

  /** `file` with the hash of its bytes; otherwise what is at the path. Throws if it cannot be read. */
  of(path: string): { kind: "file"; hash: string } | { kind: "folder" | "none" } {
    const stat = statSync(rawPath(path), { bigint: true, throwIfNoEntry: false });
    if (!stat) return { kind: "none" };
    if (stat.isDirectory()) return { kind: "folder" };
    const stamp = `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}`;
    const known = this.#known.get(path);
    if (known?.stamp === stamp) return { kind: "file", hash: known.hash };
    const hash = hashOfFile(path);
    this.#known.set(path, { stamp, hash });
    return { kind: "file", hash };
  }
}

export function hashOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** In pieces: memory stays flat. */
function hashOfFile(path: string): string {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(pieceBytes);
  const descriptor = openSync(rawPath(path), "r");
  try {
    for (let read = readSync(descriptor, piece); read > 0; read = readSync(descriptor, piece))
      hash.update(piece.subarray(0, read));
  } finally {
    closeSync(descriptor);
  }
  return hash.digest("hex");
}
