import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { compilerErrorCode, isTranslator } from "./kinds.js";
import type { Format } from "./file-format.js";
import type { CompilerOptions } from "./project.js";
import { Translations } from "./translations.js";

export interface Compilation {
  path: string;
  source: string;
  format: Format;
  options: CompilerOptions;
}

/** Translates one file. Its output has its source map inside. Throws for a syntax error. */
export type Compile = (file: Compilation) => string;

/** Compilers that a project may have, the fastest first. Each is loaded from where the project's file is. */
const loaders = { esbuild, "@swc/core": swc, typescript } satisfies Record<
  string,
  (require: NodeJS.Require) => Compile
>;

export type CompilerName = keyof typeof loaders;

/** The project's own compiler of this name. Undefined if it is not installed there, or cannot do this work. */
export function ownCompiler(name: CompilerName, path: string): Compile | undefined {
  for (const from of [path, ...pnpmFolders(path)]) {
    try {
      return loaders[name](createRequire(from));
    } catch {
      continue;
    }
  }
  return undefined;
}

/** pnpm links what only the dependencies of a project need, such as a bundler's esbuild, into a folder apart. */
function pnpmFolders(path: string): string[] {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const apart = join(folder, "node_modules", ".pnpm");
    if (existsSync(apart)) return [join(apart, "_")];
    if (dirname(folder) === folder) return [];
  }
}

const target = `node${process.versions.node.split(".").slice(0, 2).join(".")}`;

interface Esbuild {
  transformSync(source: string, options: object): { code: string };
}

function esbuild(require: NodeJS.Require): Compile {
  const { transformSync } = require("esbuild") as Esbuild;
  return ({ path, source, format, options }) => {
    try {
      return transformSync(source, {
        loader: path.endsWith("x") ? "tsx" : "ts",
        format: format === "module" ? "esm" : "cjs",
        // Names the exports in a form that Node's lexer of CommonJS reads.
        platform: "node",
        target,
        sourcefile: path,
        sourcemap: "inline",
        sourcesContent: false,
        logLevel: "silent",
        tsconfigRaw: { compilerOptions: { ...options, jsx: jsxOf(options) } },
      }).code;
    } catch (error) {
      const { errors } = error as { errors?: { text: string; location?: { line: number; column: number } | null }[] };
      const first = errors?.[0];
      throw first ? syntaxError(path, first.text, first.location?.line, (first.location?.column ?? 0) + 1) : error;
    }
  };
}

interface Swc {
  transformSync(source: string, options: object): { code: string };
}

function swc(require: NodeJS.Require): Compile {
  const { transformSync } = require("@swc/core") as Swc;
  return ({ path, source, format, options }) => {
    try {
      return transformSync(source, {
        filename: path,
        sourceMaps: "inline",
        inlineSourcesContent: false,
        configFile: false,
        swcrc: false,
        jsc: {
          parser: { syntax: "typescript", tsx: path.endsWith("x"), decorators: true },
          target: "es2022",
          keepClassNames: true,
          transform: {
            legacyDecorator: options.experimentalDecorators === true,
            decoratorMetadata: options.emitDecoratorMetadata === true,
            ...(options.experimentalDecorators === true ? {} : { decoratorVersion: "2022-03" }),
            useDefineForClassFields: definesFields(options),
            verbatimModuleSyntax: options.verbatimModuleSyntax === true,
            react: {
              runtime: jsxOf(options).startsWith("react-jsx") ? "automatic" : "classic",
              importSource: options.jsxImportSource,
              pragma: options.jsxFactory,
              pragmaFrag: options.jsxFragmentFactory,
            },
          },
        },
        module: { type: format === "module" ? "es6" : "commonjs" },
      }).code;
    } catch (error) {
      const message = (error as Error).message;
      const [, line, column] = /:(\d+):(\d+)\]/.exec(message) ?? [];
      throw syntaxError(path, message.trim().split("\n")[0]!, Number(line), Number(column));
    }
  };
}

interface TypeScript {
  transpileModule(
    source: string,
    options: object,
  ): { outputText: string; diagnostics?: { messageText: unknown; start?: number }[] };
  convertCompilerOptionsFromJson(options: object, folder: string): { options: object };
  flattenDiagnosticMessageText(text: unknown, newLine: string): string;
}

let translations: Translations | undefined;

/** It takes milliseconds for a file, and loading it takes as long as many files: so translations are kept on disk. */
function typescript(require: NodeJS.Require): Compile {
  const { version } = require("typescript/package.json") as { version: string };
  if (!isTranslator("typescript", version)) throw new Error("this TypeScript cannot translate single files");
  const kept = (translations ??= new Translations());
  let loaded: TypeScript | undefined;
  return ({ path, source, format, options }) => {
    const settings = typescriptSettings(format, options);
    // As a `.cts` or `.mts` it would get the module format of its ending, and not that of `module`.
    const fileName = path.replace(/\.[cm]ts$/, ".ts");
    return kept.of(["typescript", version, JSON.stringify(settings), fileName, source], () => {
      loaded ??= require("typescript") as TypeScript;
      return transpile(loaded, path, source, fileName, settings);
    });
  };
}

/** What decides how one file is translated. Others concern the program, and may contradict these. */
function typescriptSettings(format: Format, options: CompilerOptions): object {
  return {
    experimentalDecorators: options.experimentalDecorators,
    emitDecoratorMetadata: options.emitDecoratorMetadata,
    preserveConstEnums: options.preserveConstEnums,
    jsx: jsxOf(options),
    jsxFactory: options.jsxFactory,
    jsxFragmentFactory: options.jsxFragmentFactory,
    jsxImportSource: options.jsxImportSource,
    verbatimModuleSyntax: format === "module" ? options.verbatimModuleSyntax : false,
    esModuleInterop: options.esModuleInterop ?? format === "module",
    target: options.target === undefined || /^es(?:3|5|next)$/i.test(options.target) ? "ES2022" : options.target,
    useDefineForClassFields: definesFields(options),
    module: format === "module" ? "ESNext" : "CommonJS",
    isolatedModules: true,
    allowJs: true,
    inlineSourceMap: true,
  };
}

function transpile(ts: TypeScript, path: string, source: string, fileName: string, settings: object): string {
  const { options } = ts.convertCompilerOptionsFromJson(settings, ".");
  const { outputText, diagnostics = [] } = ts.transpileModule(source, {
    fileName,
    compilerOptions: options,
    reportDiagnostics: true,
  });
  const first = diagnostics[0];
  if (first) {
    const before = source.slice(0, first.start ?? 0).split("\n");
    throw syntaxError(
      path,
      ts.flattenDiagnosticMessageText(first.messageText, " "),
      before.length,
      before.at(-1)!.length + 1,
    );
  }
  return outputText;
}

/** How JSX is translated. A project that leaves it to a bundler (`preserve`) gets what bundlers do. */
function jsxOf({ jsx }: CompilerOptions): string {
  return jsx === undefined || /^(?:preserve|react-native)$/i.test(jsx) ? "react-jsx" : jsx.toLowerCase();
}

/** Whether class fields are defined rather than assigned: TypeScript's default depends on its target. */
function definesFields(options: CompilerOptions): boolean {
  return options.useDefineForClassFields ?? /^es(?:202[2-9]|20[3-9]\d|next)$/i.test(options.target ?? "");
}

export function syntaxError(path: string, text: string, line: number | undefined, column: number): Error {
  const place = line === undefined || Number.isNaN(line) ? path : `${path}:${line}:${column}`;
  return Object.assign(new SyntaxError(`syntax error in ${place}: ${text}`), { code: compilerErrorCode });
}
