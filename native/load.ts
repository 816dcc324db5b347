import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the addon's functions take and give. `node.c` has the same number: raise both when that changes. */
const abi = 1;

interface Addon {
  readonly abi: number;
  create(length: number): number | null;
  map(fd: number, length: number): ArrayBuffer | null;
}

/** Where `npm run native` puts what it builds. */
export const nativeFolder = fileURLToPath(new URL(".", import.meta.url));

let addon: Addon | null | undefined;

/**
 * A descriptor of memory that no process can make smaller or larger. It is not filled: see `mapShared` for when there
 * is none.
 */
export function createShared(bytes: number): number | null {
  return canMap() ? addon!.create(bytes) : null;
}

/**
 * Maps a file into memory that this process shares with others. Null without the native code: it is optional, and
 * `POLYPROC_NATIVE=none` turns it off. Null, too, where a runtime refuses such memory, as Electron does.
 */
export function mapShared(fd: number, bytes: number): ArrayBuffer | null {
  return canMap() ? addon!.map(fd, bytes) : null;
}

export function canMap(): boolean {
  // Null is an answer, too.
  if (addon === undefined) addon = load();
  return addon !== null;
}

function load(): Addon | null {
  if (process.platform !== "linux" || process.env["POLYPROC_NATIVE"] === "none" || process.versions["electron"])
    return null;
  const path = join(nativeFolder, `node-linux-${process.arch}.node`);
  if (!existsSync(path)) return null;
  try {
    const loaded = createRequire(import.meta.url)(path) as Addon;
    // A checkout may still have the file that it had before an update.
    return loaded.abi === abi ? loaded : null;
  } catch {
    // It is of another C library, or this runtime loads no such files.
    return null;
  }
}
