import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { printable } from "./printable.js";

export interface FoundFile {
  /** Bytes, since a name need not be valid UTF-8. */
  path: Buffer;
  /** Its path below the folder, safe to print. */
  name: string;
  /** Size in bytes, when the file was found. */
  size: number;
}

export interface Finds {
  files: FoundFile[];
  folders: number;
  /** What was left out, by reason: `symbolic links (not followed)` -> 12. */
  skipped: Map<string, number>;
  /** Folders that could not be read. */
  unreadable: { name: string; reason: string }[];
}

export interface FindOptions {
  /** Names of folders that are left out. */
  without: readonly string[];
  signal: AbortSignal;
}

/** Files whose sizes are asked for at once. */
const batchFiles = 256;
const separator = Buffer.from(process.platform === "win32" ? "\\" : "/");

/**
 * Finds every regular file below the folder, and adds it to `finds`. Symbolic links are not followed, so nothing is
 * found twice and nothing outside. Returns early if `signal` fires.
 */
export async function findFiles(folder: string, finds: Finds, { without, signal }: FindOptions): Promise<void> {
  const root = Buffer.from(folder);
  const open = [Buffer.alloc(0)];
  for (let at = open.pop(); at !== undefined && !signal.aborted; at = open.pop()) {
    try {
      const entries = await readdir(join(root, at), { withFileTypes: true, encoding: "buffer" });
      for (let i = 0; i < entries.length && !signal.aborted; i += batchFiles) {
        const batch = entries.slice(i, i + batchFiles);
        await Promise.all(batch.map((entry) => visit(root, join(at, entry.name), entry, finds, open, without)));
      }
      finds.folders++;
    } catch (error) {
      finds.unreadable.push({ name: `${printable(at)}/`, reason: reasonOf(error) });
    }
  }
}

export function noFinds(): Finds {
  return { files: [], folders: 0, skipped: new Map(), unreadable: [] };
}

export function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

async function visit(
  root: Buffer,
  relative: Buffer,
  entry: Dirent<Buffer>,
  finds: Finds,
  open: Buffer[],
  without: readonly string[],
): Promise<void> {
  const skip = (reason: string) => finds.skipped.set(reason, (finds.skipped.get(reason) ?? 0) + 1);
  if (entry.isDirectory()) {
    const name = entry.name.toString();
    if (without.includes(name)) skip(`${name} (give it as FOLDER to compress it)`);
    else open.push(relative);
  } else if (entry.isFile()) {
    const path = join(root, relative);
    try {
      finds.files.push({ path, name: printable(relative), size: (await lstat(path)).size });
    } catch (error) {
      // Deleted after the folder was read: there is nothing to count.
      if (reasonOf(error) !== "ENOENT") finds.unreadable.push({ name: printable(relative), reason: reasonOf(error) });
    }
  } else if (entry.isSymbolicLink()) {
    skip("symbolic links (not followed)");
  } else {
    skip("sockets, pipes and devices (no content)");
  }
}

function join(folder: Buffer, name: Buffer): Buffer {
  if (folder.length === 0) return name;
  if (name.length === 0) return folder;
  return Buffer.concat(folder.at(-1) === separator[0] ? [folder, name] : [folder, separator, name]);
}
