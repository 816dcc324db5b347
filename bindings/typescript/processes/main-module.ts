import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hostLink } from "../host/link.js";

let mainPath: string | null | undefined;

/**
 * Whether this module is the script that was started: Python's `if __name__ == "__main__"`. A child loads the module of
 * its function; when that is the script itself, what is not to happen again in each child belongs inside of this
 * condition.
 *
 * ```ts
 * if (isMain(import.meta)) {
 *   const p = new Process({ target: task(import.meta, work) });
 *   await p.start();
 * }
 * ```
 */
export function isMain(meta: { url: string }): boolean {
  if (hostLink()) return false;
  const main = mainScript();
  return main !== null && meta.url.startsWith("file:") && realPath(fileURLToPath(meta.url)) === main;
}

/** The path of the script that was started; null where there is none: a prompt, text given to `node -e`. */
export function mainScript(): string | null {
  if (mainPath === undefined) mainPath = findMain();
  return mainPath;
}

function findMain(): string | null {
  const script = process.argv[1];
  if (!script) return null;
  try {
    // As Node does, who takes the path without its ending, and folders with an index.
    return realPath(createRequire(resolve("_")).resolve(resolve(script)));
  } catch {
    return realPath(resolve(script));
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
