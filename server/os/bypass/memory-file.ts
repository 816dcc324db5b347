import { randomBytes } from "node:crypto";
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  statfsSync,
  unlinkSync,
  write,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MemoryFile } from "../../engine/bypass/memory-file.js";
import { memoryFolders, openNameless } from "./nameless-file.js";

const writeAsync = promisify(write);

/** Up to this size a file is filled at once, in some microseconds. */
const smallBytes = 64 * 1024;
const pieceBytes = 1024 * 1024;

interface OpenFile {
  fd: number;
  path: string;
  /** Removes the file's name, if it has one. */
  forget: () => void;
}

interface Where {
  folders?: readonly string[];
  /** Only in the first of the folders, and only if as much stays free there. */
  inMemory?: boolean;
}

/** A file of zeros, in the first of these folders that has room for it. Null if none has. */
export function openMemoryFile(bytes: number, { folders = memoryFolders, inMemory }: Where = {}): MemoryFile | null {
  for (const folder of inMemory ? folders.slice(0, 1) : folders) {
    const opened = hasRoom(folder, inMemory ? 2 * bytes : bytes) ? openIn(folder) : null;
    if (!opened) continue;
    try {
      ftruncateSync(opened.fd, bytes);
      return new FileInMemory(opened, bytes);
    } catch {
      // Larger than a file of this file system can be.
      opened.forget();
      closeSync(opened.fd);
    }
  }
  return null;
}

function hasRoom(folder: string, bytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bytes <= bavail * bsize;
  } catch {
    return false;
  }
}

function openIn(folder: string): OpenFile | null {
  if (process.platform !== "linux") return openNamed(folder);
  const file = openNameless(folder);
  return file && { ...file, forget: () => {} };
}

/**
 * For systems on which a file without a name cannot be opened by other processes. If the server is killed, the file
 * stays. Not run: there was no such system.
 */
function openNamed(folder: string): OpenFile | null {
  if (folder !== tmpdir()) return null;
  const path = join(folder, `polyproc-memory-${randomBytes(12).toString("hex")}`);
  try {
    const fd = openSync(path, "wx+", 0o600);
    return { fd, path, forget: () => unlinkSync(path) };
  } catch {
    return null;
  }
}

class FileInMemory implements MemoryFile {
  readonly path: string;
  readonly inode: string;
  readonly bytes: number;
  readonly #file: OpenFile;
  #filling = false;
  #closed = false;

  constructor(file: OpenFile, bytes: number) {
    const { dev, ino } = fstatSync(file.fd, { bigint: true });
    this.path = file.path;
    this.inode = `${dev}:${ino}`;
    this.bytes = bytes;
    this.#file = file;
  }

  /** Writes zeros: a store into a page that does not exist yet could not report a full file system. */
  async fill(data: Uint8Array): Promise<boolean> {
    const { fd } = this.#file;
    this.#filling = true;
    try {
      if (this.bytes <= smallBytes) {
        const whole = Buffer.alloc(this.bytes);
        whole.set(data);
        return writeSync(fd, whole, 0, whole.length, 0) === whole.length;
      }
      const zeros = Buffer.alloc(pieceBytes);
      for (let at = 0; at < this.bytes;) {
        const piece = at < data.length ? data.subarray(at, at + pieceBytes) : zeros;
        const { bytesWritten } = await writeAsync(fd, piece, 0, Math.min(piece.length, this.bytes - at), at);
        if (this.#closed || bytesWritten === 0) return false;
        at += bytesWritten;
      }
      return true;
    } catch {
      return false;
    } finally {
      this.#filling = false;
      if (this.#closed) closeSync(fd);
    }
  }

  read(offset: number, length: number): Uint8Array {
    const copy = Buffer.allocUnsafeSlow(length);
    // A client can have truncated the file: what is missing reads as zeros.
    let at = 0;
    while (at < length) {
      const read = readSync(this.#file.fd, copy, at, length - at, offset + at);
      if (read === 0) break;
      at += read;
    }
    return copy.fill(0, at);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.forget();
    // A write in another thread must not meet another file with this descriptor.
    if (!this.#filling) closeSync(this.#file.fd);
  }
}
