import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ownCompiler, syntaxError, type Compilation, type Compile, type CompilerName } from "./compilers.js";
import { formatOf, usesImports, type Format } from "./file-format.js";
import { compilerError, needsCompiler } from "./kinds.js";
import { packageType, projectOf } from "./project.js";
import { canStrip, stripTypes, withoutUnusedImports } from "./strip-types.js";

export interface Compiled {
  code: string;
  format: Format;
}

const decorator = /^[ \t]*@[A-Za-z_$]/m;
const compiled = new Map<string, Compiled>();

/**
 * Whether a file has to be translated: TypeScript and JSX; with `allowJs`, also JavaScript that is written with
 * `import` and `export` in a package of CommonJS.
 */
export function compiles(path: string): boolean {
  if (needsCompiler(path)) return true;
  return (
    path.endsWith(".js") &&
    projectOf(path)?.options.allowJs === true &&
    packageType(path) !== "module" &&
    usesImports(readFileSync(path, "utf8"))
  );
}

/**
 * Translates a file to JavaScript. Uses what is there: Node's own function where it does what TypeScript does, then the
 * project's esbuild, swc or typescript, then Node's function for what it can do. Throws an error that says what is
 * missing.
 */
export function compileFile(path: string): Compiled {
  let result = compiled.get(path);
  if (!result) compiled.set(path, (result = compile(path, readFileSync(path, "utf8"))));
  return result;
}

function compile(path: string, source: string): Compiled {
  const options = projectOf(path)?.options ?? {};
  const format = formatOf(path, source);
  const hasDecorators = decorator.test(source);
  const strippable = canStrip && !path.endsWith("x") && !hasDecorators;
  const asModule = format === "module" || usesImports(source);
  const file: Compilation = { path, source, format, options };
  if (strippable && options.verbatimModuleSyntax === true && (format === "module" || !asModule)) {
    const code = tryStrip(file);
    if (code !== undefined) return { code, format };
  }
  const needsMetadata = hasDecorators && options.emitDecoratorMetadata === true;
  const own = compilerOf(path, needsMetadata);
  if (own) return { code: own(file), format };
  if (!strippable) throw unsupported(path, source, hasDecorators, needsMetadata);
  // Node's function does not translate modules. So what is written with import and export runs as an ES module.
  const code = strip(file);
  return asModule
    ? { code: format === "module" ? code : commonJsNames(code, path), format: "module" }
    : { code, format };
}

function tryStrip(file: Compilation): string | undefined {
  try {
    return strip(file);
  } catch {
    return undefined;
  }
}

function strip({ path, source, options }: Compilation): string {
  try {
    const code = stripTypes(source, path);
    return options.verbatimModuleSyntax === true ? code : withoutUnusedImports(code);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")
      throw syntaxError(path, message.trim().split("\n")[0]!, undefined, 0);
    const construct = /TypeScript ([\w ]+?) (?:is|are) not supported/.exec(message)?.[1];
    throw missing(path, construct ?? message);
  }
}

const byFolder = new Map<string, Partial<Record<CompilerName, Compile | null>>>();

function compilerOf(path: string, needsMetadata: boolean): Compile | undefined {
  const folder = dirname(path);
  let known = byFolder.get(folder);
  if (!known) byFolder.set(folder, (known = {}));
  const names: readonly CompilerName[] = needsMetadata
    ? ["@swc/core", "typescript"]
    : ["esbuild", "@swc/core", "typescript"];
  for (const name of names) {
    if (known[name] === undefined) known[name] = ownCompiler(name, path) ?? null;
    if (known[name] !== null) return known[name];
  }
  return undefined;
}

function unsupported(path: string, source: string, hasDecorators: boolean, needsMetadata: boolean): Error {
  if (!canStrip) return missing(path, "TypeScript");
  if (needsMetadata) {
    return compilerError(
      `${path} uses decorators with emitDecoratorMetadata (line ${lineOf(source, decorator)}), which @swc/core and ` +
        "typescript 5 or 6 translate, and none of them is installed there: npm install --save-dev @swc/core",
    );
  }
  return missing(path, hasDecorators ? `decorators (line ${lineOf(source, decorator)})` : "JSX");
}

function missing(path: string, construct: string): Error {
  const what =
    construct === "TypeScript"
      ? `${path} is TypeScript, which Node ${process.version} cannot run by itself`
      : `${path} uses ${construct}, which Node ${process.version} cannot translate by itself`;
  return compilerError(
    `${what}. Install one of tsx, esbuild, @swc/core and typescript (5 or 6) in its project ` +
      `(npm install --save-dev tsx), or name the compiled .js module` +
      (canStrip ? "" : "; for types alone, Node 22.13 or later suffices"),
  );
}

function lineOf(source: string, pattern: RegExp): number {
  return source.slice(0, source.search(pattern)).split("\n").length;
}

/** Declares the names of CommonJS that an ES module does not have, as far as the code uses them. On its first line. */
function commonJsNames(code: string, path: string): string {
  const uses = (name: string) => new RegExp(`(?<![\\w$.])${name}\\b`).test(code);
  const names = [
    uses("__filename") ? `const __filename = ${JSON.stringify(path)};` : "",
    uses("__dirname") ? `const __dirname = ${JSON.stringify(dirname(path))};` : "",
    uses("require")
      ? 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);'
      : "",
  ];
  return names.join("") + code;
}
