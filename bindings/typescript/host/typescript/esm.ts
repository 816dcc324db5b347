import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compileFile, compiles } from "./compile.js";
import { resolveAsTypescript, resolveMissingImport } from "./resolve.js";

export interface LoadContext {
  conditions?: readonly string[];
  importAttributes?: Record<string, string>;
}

export interface Loaded {
  format: "module";
  source: string;
  shortCircuit: true;
}

/** The file: URL that an import means to TypeScript, with its query. Undefined: as the runtime finds it. */
export function resolveUrl(specifier: string, parentUrl: string | undefined): string | undefined {
  if (parentUrl === undefined || !parentUrl.startsWith("file:")) return undefined;
  const query = /^(?:\.|\/|file:)/.test(specifier) ? (/[?#].*$/.exec(specifier)?.[0] ?? "") : "";
  const path = resolveAsTypescript(
    specifier.slice(0, specifier.length - query.length),
    fileURLToPath(parentUrl.replace(/[?#].*$/, "")),
  );
  return path === undefined ? undefined : pathToFileURL(path).href + query;
}

/** After the runtime found nothing. Throws its error if there is no such file either. */
export function resolveMissingUrl(specifier: string, parentUrl: string | undefined, error: unknown): string {
  const parent = parentUrl?.startsWith("file:") ? fileURLToPath(parentUrl.replace(/[?#].*$/, "")) : undefined;
  const path = parent === undefined ? undefined : resolveMissingImport(specifier, parent, error);
  if (path === undefined) throw error;
  return pathToFileURL(path).href;
}

/** What a URL loads as, if it is TypeScript, or JSON that was imported without attributes. Otherwise undefined. */
export function loadUrl(url: string, { conditions = [], importAttributes = {} }: LoadContext): Loaded | undefined {
  // `require` loads by the endings that `hookRequire` has registered.
  if (!url.startsWith("file:") || (conditions.includes("require") && !conditions.includes("import"))) return undefined;
  const place = url.replace(/[?#].*$/, "");
  if (place.endsWith(".json") && importAttributes["type"] === undefined) return asModule(json(fileURLToPath(place)));
  const path = fileURLToPath(place);
  if (!compiles(path)) return undefined;
  const { code, format } = compileFile(path);
  return asModule(format === "module" ? code : facade(path, code));
}

function asModule(source: string): Loaded {
  return { format: "module", source, shortCircuit: true };
}

/**
 * An ES module with the exports of a CommonJS module, which `require` loads. Node would load a source that a hook gives
 * for CommonJS without the hooks for `require`.
 */
function facade(path: string, code: string): string {
  return `import { createRequire } from "node:module";
const loaded = createRequire(${JSON.stringify(pathToFileURL(path).href)})(${JSON.stringify(path)});
export default loaded;
${exported(commonJsExports(code), (name) => `loaded[${JSON.stringify(name)}]`)}`;
}

function json(path: string): string {
  const value = JSON.parse(readFileSync(path, "utf8")) as unknown;
  const names = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  return `const loaded = ${JSON.stringify(value)};
export default loaded;
${exported(names, (name) => `loaded[${JSON.stringify(name)}]`)}`;
}

function exported(names: Iterable<string>, value: (name: string) => string): string {
  return [...new Set(names)]
    .filter((name) => name !== "default" && name !== "__esModule" && name !== "module.exports")
    .map((name, i) => `const value${i} = ${value(name)}; export { value${i} as ${JSON.stringify(name)} };`)
    .join("\n");
}

/** The names that a translated module exports, in the forms that typescript, esbuild and swc write. */
function commonJsExports(code: string): string[] {
  const list = /(?:0 && \(module\.exports = |_export\(exports, )\{([\s\S]*?)\n\}\)/.exec(code)?.[1] ?? "";
  return [
    ...[...list.matchAll(/^\s*(?:get\s+)?(?!return\b)([\w$]+)/gm)].map((found) => found[1]!),
    ...[...code.matchAll(/\bexports\.([\w$]+)\s*=/g)].map((found) => found[1]!),
    ...[...code.matchAll(/\bObject\.defineProperty\(exports, "([\w$]+)"/g)].map((found) => found[1]!),
  ];
}
