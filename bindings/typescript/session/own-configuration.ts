import { realpathSync, statSync, type Stats } from "node:fs";
import { join, sep } from "node:path";

/** A server reads no configuration that it was not told of, because a configuration names programs to run. */
const name = "polyproc.json";

/**
 * The options with which a private server gets the current folder's configuration: only when `code`, what the user
 * runs, is in that folder or below it, and no other user can have written the file. A tool that is run inside of
 * somebody else's folder does not use that folder's.
 */
export function ownConfiguration(code: string | null, folder: string = process.cwd()): string[] {
  if (code === null || process.env["POLYPROC_CONFIG"]) return [];
  try {
    const file = join(folder, name);
    const within = realpathSync(folder);
    if (!realpathSync(code).startsWith(within.endsWith(sep) ? within : within + sep)) return [];
    if (othersMayWrite(statSync(file)) || othersMayWrite(statSync(folder))) return [];
    return ["--config", file];
  } catch {
    // There is no such file, as nearly always, or no such code.
    return [];
  }
}

/** Members of a group are trusted: with many systems' defaults all files of a user can be written by a group of one. */
function othersMayWrite(stat: Stats): boolean {
  const mine = process.getuid?.();
  return mine !== undefined && ((stat.uid !== mine && stat.uid !== 0) || (stat.mode & 0o002) !== 0);
}
