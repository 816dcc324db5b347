import { dirname, isAbsolute } from "node:path";
import { fileURLToPath } from "node:url";
import { nearestPython } from "./os/python/environment.js";

/** An answer is kept this long: a map makes many jobs, and each would look through the folders again. */
const keptMs = 2000;

/**
 * Finds the interpreter of functions whose target names none. `isChosen`: the server was told which interpreter its
 * runtime `python` has (configuration, --runtime, or the Python program that it serves), so none is searched for.
 */
export function interpreterFinder(isChosen: boolean): (runtime: string, module: string) => string | undefined {
  const kept = new Map<string, string | undefined>();
  let since = 0;
  return (runtime, module) => {
    if (runtime !== "python" || isChosen) return undefined;
    const folder = folderOf(module);
    if (folder === null) return undefined;
    if (performance.now() - since > keptMs) {
      kept.clear();
      since = performance.now();
    }
    if (!kept.has(folder)) kept.set(folder, nearestPython(folder) ?? undefined);
    return kept.get(folder);
  };
}

/** The folder of a module; null for one that is not known by its file. */
function folderOf(module: string): string | null {
  if (module.startsWith("file:")) {
    try {
      return dirname(fileURLToPath(module));
    } catch {
      return null;
    }
  }
  return isAbsolute(module) ? dirname(module) : null;
}
