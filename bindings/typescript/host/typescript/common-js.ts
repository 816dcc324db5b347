import Module from "node:module";
import { compileFile, compiles } from "./compile.js";
import { resolveAsTypescript, resolveMissing } from "./resolve.js";

interface Loader {
  _extensions: Record<string, (module: CompilableModule, path: string) => void>;
  _resolveFilename(request: string, parent: NodeJS.Module | undefined, ...rest: unknown[]): string;
}

interface CompilableModule extends NodeJS.Module {
  _compile(text: string, path: string, format?: string): void;
}

/** Lets `require` resolve and load TypeScript. Node's own hooks for `require` are newer than the oldest Node here. */
export function hookRequire(): void {
  const loader = Module as unknown as Loader;
  const resolveFilename = loader._resolveFilename;
  loader._resolveFilename = function (request, parent, ...rest) {
    const path = parent?.filename;
    if (typeof path !== "string") return resolveFilename.call(this, request, parent, ...rest);
    const own = resolveAsTypescript(request, path);
    if (own !== undefined) return resolveFilename.call(this, own, parent, ...rest);
    try {
      return resolveFilename.call(this, request, parent, ...rest);
    } catch (error) {
      const found = resolveMissing(error);
      if (found === undefined) throw error;
      return found;
    }
  };
  const loadJavascript = loader._extensions[".js"]!;
  loader._extensions[".js"] = (module, path) =>
    compiles(path) ? translate(module, path) : loadJavascript(module, path);
  for (const ending of [".ts", ".tsx", ".mts", ".cts", ".jsx"]) {
    loader._extensions[ending] = translate;
  }
}

function translate(module: CompilableModule, path: string): void {
  const { code, format } = compileFile(path);
  module._compile(code, path, format);
}
