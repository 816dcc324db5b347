import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hostLink } from "../host/link.js";
import { urlOfModule, type ModuleRef } from "./module-ref.js";

let mainPath: string | null | undefined;

/**
 * Whether this module is the script that the user started: Python's `if __name__ == "__main__"`. A child loads the
 * module of its function, which may be the script itself. Put what only the script should do inside this condition.
 *
 * In CommonJS, write `isMain(module)`.
 *
 * ```ts
 * if (isMain(import.meta)) {
 *   const p = new Process({ target: task(import.meta, work) });
 *   await p.start();
 * }
 * ```
 */
export function isMain(meta: ModuleRef): boolean {
  if (hostLink()) return false;
  const main = mainScript();
  if (main === null) return false;
  if ("url" in meta && !meta.url.startsWith("file:")) return false;
  return realPath(fileURLToPath(urlOfModule(meta))) === main;
}

/** Path of the script that the user started. Null if there is none: a REPL, or text given to `node -e`. */
export function mainScript(): string | null {
  if (mainPath === undefined) mainPath = findMain();
  return mainPath;
}

function findMain(): string | null {
  const script = process.argv[1];
  if (!script) return null;
  try {
    // Node accepts a path without its extension, and a folder with an index file.
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
