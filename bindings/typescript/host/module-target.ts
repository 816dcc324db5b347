import { existsSync, statSync } from "node:fs";
import { isAbsolute } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { PolyprocError } from "../../../protocol/errors.js";
import type { ModuleTarget, SourceTarget } from "../../../protocol/target.js";
import { callableOf, isClass, type Callable } from "./callable.js";
import { isOurFrame, withoutFrames, withoutHost } from "./stack.js";
import { plugNPlayAdvice } from "./plug-n-play.js";
import { load, prepareFor } from "./typescript/prepare.js";
import { compilerErrorCode } from "./typescript/kinds.js";

/** Loads the module and finds its export. Every failure is a TargetNotFound that says what is wrong. */
export async function loadModuleTarget(target: ModuleTarget): Promise<Callable> {
  const url = urlOf(target.module);
  const namespace = await loadModule(url);
  const name = target.export ?? "default";
  const { value, self } = find(namespace, name, url);
  const callable = callableOf(value, self, false);
  if (callable) return callable;
  throw notFound(
    url,
    isClass(value)
      ? `export "${name}" of ${shown(url)} is a class without a run() method; add one, or name a function`
      : `export "${name}" of ${shown(url)} is ${value === null ? "null" : `of type ${typeof value}`}, ` +
          `not a function or a class with run(): ${exportsOf(namespace)}`,
  );
}

function urlOf(module: string): string {
  if (isAbsolute(module)) return pathToFileURL(module).href;
  if (/^[a-z][a-z0-9+.-]+:/i.test(module)) return module;
  throw notFound(
    module,
    `the module is named "${module}": give its absolute path or its file: URL, such as import.meta.url`,
  );
}

/** Loads the module at a URL. Rejects with TargetNotFound, which says why. */
export async function loadModule(url: string): Promise<Record<string, unknown>> {
  try {
    await prepareFor(url);
    return await load(url);
  } catch (error) {
    throw await loadError(url, error);
  }
}

/** The error of a target whose module ends the process while it is loaded. Called inside of `process.exit`. */
export function endedWhileLoading(target: ModuleTarget | SourceTarget, code: number): PolyprocError {
  const url = "module" in target ? urlOf(target.module) : "";
  const message =
    `${url === "" ? "the function's source" : `module ${shown(url)}`} ended its process (exit code ${code}) while it ` +
    "was loaded: put what it does as a script inside of `if (isMain(import.meta)) { … }`, or move the function into " +
    "another module";
  const frames = (new Error().stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const users = frames.filter((line) => !isOurFrame(line) && !line.includes("node:"));
  return notFound(url, message, { stack: [message, ...users].join("\n") });
}

async function loadError(url: string, error: unknown): Promise<PolyprocError> {
  const file = shown(url);
  if (url.startsWith("file:")) {
    const path = fileURLToPath(url);
    if (!existsSync(path)) return notFound(url, `module ${file} does not exist`);
    if (statSync(path).isDirectory()) return notFound(url, `${file} is a folder: name the module file in it`);
  }
  const message = error instanceof Error ? error.message : String(error);
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const advice =
    code === compilerErrorCode || code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND"
      ? plugNPlayAdvice(file)
      : "";
  if (code === compilerErrorCode) return notFound(url, message + advice);
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /"\.(?:[mc]?ts|[jt]sx)"/.test(message)) {
    return notFound(
      url,
      `${file} is JavaScript and imports TypeScript (${message}): set "allowJs": true in the tsconfig.json of its ` +
        "project, so that both are loaded, or name a TypeScript module",
    );
  }
  const stack = error instanceof Error ? withoutHost(error.stack ?? message) : message;
  if (error instanceof SyntaxError && !stack.startsWith("file:")) {
    const { syntaxPosition } = await import("./syntax-position.js");
    const position = await syntaxPosition(url, error);
    const where =
      position === undefined
        ? file
        : position.own
          ? `${file}:${position.line}:${position.column}`
          : `line ${position.line}, column ${position.column} of a module that ${file} imports`;
    return notFound(url, `syntax error in ${where}: ${message}`, { stack });
  }
  const told = error instanceof SyntaxError ? withoutFrames(stack) : stack;
  return notFound(url, `module ${file} failed while it was loaded: ${told}${advice}`, { stack });
}

function find(namespace: Record<string, unknown>, name: string, url: string): { value: unknown; self: unknown } {
  const path = name.split(".");
  // The default export of a CommonJS module has all its exports. Node detects only some of them by name.
  const fallback = namespace["default"];
  const first = path[0]!;
  let self: unknown;
  // What was translated to CommonJS has its default export in `exports.default`.
  const isTranslated = first === "default" && has(fallback, "__esModule") && has(fallback, "default");
  let value: unknown = has(namespace, first) && !isTranslated ? namespace : has(fallback, first) ? fallback : undefined;
  if (value === undefined) throw missing(name, namespace, url);
  for (const key of path) {
    if (!has(value, key)) throw missing(name, namespace, url);
    self = value;
    value = (value as Record<string, unknown>)[key];
  }
  return { value, self: path.length > 1 ? self : undefined };
}

function has(value: unknown, key: string): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null && key in value;
}

function missing(name: string, namespace: Record<string, unknown>, url: string): PolyprocError {
  const there = exportsOf(namespace);
  return notFound(url, `module ${shown(url)} does not export "${name}": ${there}${adviceFor(name, namespace)}`);
}

/** What `find` finds. The default export of a CommonJS module is the object with all its exports. */
function exportsOf(namespace: Record<string, unknown>): string {
  const { default: byDefault, ...others } = namespace;
  const inDefault = isPlainObject(byDefault) ? Object.keys(byDefault) : [];
  const own = Object.keys(others).filter((name) => name !== "module.exports");
  const names = [...new Set([...own, ...inDefault])].filter((name) => name !== "__esModule");
  if ("default" in namespace && inDefault.length === 0) names.unshift("default");
  if (names.length === 0) return "it exports nothing";
  return `it exports ${names.slice(0, 20).join(", ")}${names.length > 20 ? " …" : ""}`;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What to write instead. `task(import.meta, f)` names the calling module, wherever it has `f` from. */
function adviceFor(name: string, { default: byDefault }: Record<string, unknown>): string {
  if (typeof byDefault === "function" && byDefault.name === name)
    return `; its default export has that name: task(import.meta, ${name}, "default")`;
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) || name === "default") return "";
  return (
    `; export it there, or name the module that does: { module: new URL('./its-module.js', import.meta.url), ` +
    `export: "${name}" } (in CommonJS: module: require.resolve("./its-module.js"))`
  );
}

function shown(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}

function notFound(module: string, message: string, data: Record<string, unknown> = {}): PolyprocError {
  return new PolyprocError("TargetNotFound", message, { module, ...data });
}
