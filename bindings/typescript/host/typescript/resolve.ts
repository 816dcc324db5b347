import { statSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { dirname, isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { isInstalled, needsCompiler } from "./kinds.js";
import { projectOf } from "./project.js";

/** What the ending of an import may stand for, in TypeScript's order. */
const sources: Readonly<Record<string, readonly string[]>> = {
  ".js": [".ts", ".tsx"],
  ".jsx": [".tsx"],
  ".mjs": [".mts"],
  ".cjs": [".cts"],
};

const endings = [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs", ".json"];

/**
 * The file that an import means to TypeScript. `parent`: path of the importing file. Undefined: what the runtime itself
 * finds counts.
 */
export function resolveAsTypescript(specifier: string, parent: string): string | undefined {
  if (isInstalled(parent)) return undefined;
  const preferSource = writtenForCompiler(parent);
  if (isPath(specifier)) return fileAt(pathOf(specifier, parent), preferSource);
  if (isBuiltin(specifier) || /^[a-z][a-z0-9+.-]+:/i.test(specifier)) return undefined;
  for (const path of projectOf(parent)?.matches(specifier) ?? []) {
    const file = fileAt(path, preferSource);
    if (file !== undefined) return file;
  }
  return undefined;
}

/** After the runtime found nothing: the file that it missed, under another ending. */
export function resolveMissing(error: unknown): string | undefined {
  const { code, url, message = "" } = error as { code?: string; url?: string; message?: string };
  if (!isMissing(code)) return undefined;
  const missed = url?.startsWith("file:") ? fileURLToPath(url) : /'((?:\/|[A-Za-z]:[\\/])[^']+)'/.exec(message)?.[1];
  return missed === undefined || isInstalledFile(missed) ? undefined : fileAt(missed, true);
}

/** The same for `import`, which finds less than `require`: also what `require` finds. */
export function resolveMissingImport(specifier: string, parent: string, error: unknown): string | undefined {
  const file = resolveMissing(error);
  if (file !== undefined || isPath(specifier) || !isMissing((error as { code?: string }).code)) return file;
  try {
    const found = createRequire(parent).resolve(specifier);
    return isAbsolute(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isMissing(code: string | undefined): boolean {
  return /^(?:ERR_)?MODULE_NOT_FOUND$|^ERR_UNSUPPORTED_DIR_IMPORT$|^ERR_PACKAGE_PATH_NOT_EXPORTED$/.test(code ?? "");
}

function isInstalledFile(path: string): boolean {
  return isInstalled(path) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** Whether TypeScript decides what the file's imports mean: TypeScript, or JavaScript of a project with `allowJs`. */
function writtenForCompiler(path: string): boolean {
  return needsCompiler(path) || projectOf(path)?.options.allowJs === true;
}

function isPath(specifier: string): boolean {
  return /^\.{0,2}\/|^\.{1,2}$|^file:/.test(specifier) || isAbsolute(specifier);
}

function pathOf(specifier: string, parent: string): string {
  return specifier.startsWith("file:") ? fileURLToPath(specifier) : resolve(dirname(parent), specifier);
}

function fileAt(path: string, preferSource: boolean): string | undefined {
  const ending = /\.[cm]?jsx?$/.exec(path)?.[0] ?? "";
  const stem = path.slice(0, path.length - ending.length);
  const written = (sources[ending] ?? []).map((source) => stem + source);
  const candidates = preferSource ? [...written, path] : [path, ...written];
  return (
    candidates.find(isFile) ??
    endings.map((one) => path + one).find(isFile) ??
    endings.map((one) => resolve(path, `index${one}`)).find(isFile)
  );
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
