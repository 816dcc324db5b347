import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";

const endings = ["", ".ts", ".js", ".mts", ".mjs", ".cts", ".cjs", ".tsx", ".jsx", ".json"];
const importInScript = /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(?:"([^"\n]+)"|'([^'\n]+)')/g;
const importInPython = /^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+([^#\n]+)|import[ \t]+([^#\n]+))/gm;

/**
 * The file of a module and, at any depth, the files that it imports by names in its text. For a package its
 * `package.json` counts, which has its version. Imports by a computed name are not found.
 */
export function importedFiles(module: string): string[] {
  const found = new Set<string>();
  const left = [resolve(module)];
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    if (found.has(path)) continue;
    found.add(path);
    const isPython = path.endsWith(".py");
    if (!isPython && !/\.[cm]?[jt]sx?$/.test(path)) continue;
    left.push(...(isPython ? ofPython(path) : ofScript(path)));
  }
  return [...found].sort();
}

function ofScript(path: string): string[] {
  const files: string[] = [];
  for (const [, double, single] of readFileSync(path, "utf8").matchAll(importInScript)) {
    const name = double ?? single!;
    const file = /^\.{0,2}\//.test(name)
      ? besideScript(resolve(dirname(path), name))
      : packageFile(dirname(path), name);
    if (file !== null) files.push(file);
  }
  return files;
}

function besideScript(path: string): string | null {
  // In TypeScript "./a.js" names a.ts.
  const bare = /\.[cm]?js$/.test(path) ? path.slice(0, -extname(path).length) : null;
  const candidates = [
    ...endings.map((ending) => path + ending),
    ...(bare === null ? [] : endings.slice(1).map((ending) => bare + ending)),
    ...endings.slice(1).map((ending) => join(path, `index${ending}`)),
  ];
  return candidates.find(isFile) ?? null;
}

/** The `package.json` of an installed package, or of the own one for names that begin with `#`. */
function packageFile(folder: string, name: string): string | null {
  const own = name.startsWith("#");
  const packageName = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
  for (let at = folder; ; at = dirname(at)) {
    const file = own ? join(at, "package.json") : join(at, "node_modules", packageName, "package.json");
    if (existsSync(file)) return file;
    if (dirname(at) === at) return null;
  }
}

function ofPython(path: string): string[] {
  const files: string[] = [];
  for (const [, from, names, modules] of readFileSync(path, "utf8").matchAll(importInPython)) {
    if (from === undefined) {
      for (const name of listed(modules!)) files.push(...inPackages(dirname(path), name));
      continue;
    }
    const dots = /^\.*/.exec(from)![0].length;
    const rest = from.slice(dots);
    let folder = dirname(path);
    for (let i = 1; i < dots; i++) folder = dirname(folder);
    for (const name of listed(names!)) {
      const whole = [rest, name].filter((part) => part !== "").join(".");
      files.push(...(dots > 0 ? pythonFiles(folder, whole) : inPackages(folder, whole)));
    }
  }
  return files;
}

/** `a, b as c` and `(a, b)`. */
function listed(names: string): string[] {
  return names
    .replace(/[()\\]/g, "")
    .split(",")
    .map((name) => name.trim().split(/\s+/)[0]!)
    .filter((name) => name !== "" && name !== "*");
}

/** In this folder or, if it is a package's, in one of those around it. */
function inPackages(folder: string, name: string): string[] {
  for (let at = folder; ; at = dirname(at)) {
    const files = pythonFiles(at, name);
    if (files.length > 0 || !isFile(join(at, "__init__.py"))) return files;
  }
}

/** The files of `a.b.c`: each part may be a package; the last one may be a name within a module. */
function pythonFiles(folder: string, name: string): string[] {
  const files: string[] = [];
  let at = folder;
  for (const part of name.split(".").filter((each) => each !== "")) {
    at = join(at, part);
    for (const file of [`${at}.py`, join(at, "__init__.py")]) if (isFile(file)) files.push(file);
  }
  return files;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
