import { realpathSync, statSync, type Stats } from "node:fs";
import { join, sep } from "node:path";

/** A server reads only a configuration that it is given, because a configuration names programs to run. */
const name = "polyproc.json";

/**
 * The options that give a private server the current folder's configuration. Empty unless `code`, the file that the
 * user runs, is in or below that folder, and no other user can have written the configuration. So a tool that the user
 * runs inside a foreign folder does not use that folder's configuration.
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
    // Usual case: there is no such file.
    return [];
  }
}

/** Group members are trusted: on many systems a user's files are writable by a group with no other member. */
function othersMayWrite(stat: Stats): boolean {
  const mine = process.getuid?.();
  return mine !== undefined && ((stat.uid !== mine && stat.uid !== 0) || (stat.mode & 0o002) !== 0);
}
