import { lstatSync, readdirSync, type Dirent } from "node:fs";
import { join } from "node:path";

export interface FoundFile {
  path: string;
  /** Size in bytes, when the file was found. */
  size: number;
}

export interface Finds {
  files: FoundFile[];
  folders: number;
  /** What was left out, by reason: `symbolic links (not followed)` -> 12. */
  skipped: Map<string, number>;
  /** Folders that could not be read. */
  unreadable: { path: string; reason: string }[];
}

/**
 * Every regular file below the folder. Symbolic links are not followed, so nothing is found twice and nothing outside.
 */
export function findFiles(folder: string): Finds {
  const finds: Finds = { files: [], folders: 0, skipped: new Map(), unreadable: [] };
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    try {
      for (const entry of readdirSync(at, { withFileTypes: true })) visit(join(at, entry.name), entry, finds, open);
      finds.folders++;
    } catch (error) {
      finds.unreadable.push({ path: at, reason: (error as NodeJS.ErrnoException).code ?? String(error) });
    }
  }
  return finds;
}

function visit(path: string, entry: Dirent, finds: Finds, open: string[]): void {
  if (entry.isDirectory()) {
    open.push(path);
  } else if (entry.isFile()) {
    // Undefined: the entry was deleted after the folder was read. There is nothing to count.
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats) finds.files.push({ path, size: stats.size });
  } else {
    const reason = entry.isSymbolicLink() ? "symbolic links (not followed)" : "sockets, pipes and devices (no content)";
    finds.skipped.set(reason, (finds.skipped.get(reason) ?? 0) + 1);
  }
}
