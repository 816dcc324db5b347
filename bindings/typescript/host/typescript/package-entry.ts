import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

type Exports = string | null | Exports[] | { [condition: string]: Exports };

/**
 * Path of what `import` loads for a package that is installed where `from` (a path or file: URL) is. `subpath`: `.` or
 * `./api`. Undefined if the package or the subpath is not there. Node's `createRequire` would choose what `require`
 * loads.
 */
export function packageEntry(name: string, subpath: string, from: string | URL): string | undefined {
  const manifest = manifestPath(name, from);
  if (manifest === undefined) return undefined;
  const { exports, main } = JSON.parse(readFileSync(manifest, "utf8")) as { exports?: Exports; main?: string };
  const entry =
    exports === undefined || exports === null
      ? subpath === "."
        ? (main ?? "index.js")
        : subpath
      : matching(atSubpath(exports, subpath));
  return entry === undefined ? undefined : join(dirname(manifest), entry);
}

function manifestPath(name: string, from: string | URL): string | undefined {
  const require = createRequire(from);
  try {
    return require.resolve(`${name}/package.json`);
  } catch {
    // Packages with `exports` need not export their package.json.
    for (const folder of require.resolve.paths(name) ?? []) {
      const path = join(folder, name, "package.json");
      try {
        readFileSync(path);
        return path;
      } catch {
        continue;
      }
    }
    return undefined;
  }
}

function atSubpath(exports: Exports, subpath: string): Exports | undefined {
  if (typeof exports === "object" && exports !== null && !Array.isArray(exports)) {
    if (Object.keys(exports).some((key) => key.startsWith("."))) return exports[subpath];
  }
  return subpath === "." ? exports : undefined;
}

function matching(exports: Exports | undefined): string | undefined {
  if (typeof exports === "string") return exports;
  if (exports === undefined || exports === null) return undefined;
  if (Array.isArray(exports)) {
    for (const one of exports) {
      const entry = matching(one);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }
  for (const [condition, value] of Object.entries(exports)) {
    if (!["import", "node", "module-sync", "default"].includes(condition)) continue;
    const entry = matching(value);
    if (entry !== undefined) return entry;
  }
  return undefined;
}
