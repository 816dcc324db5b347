import { packageType } from "./project.js";

export type Format = "module" | "commonjs";

/** A statement at the beginning of a line that only ES modules have. */
const imports = /^[ \t]*(?:import\b(?!\s*\()|export\b)/m;
/** What cannot be translated to CommonJS: `import.meta`, and `await` outside of functions. */
const moduleOnly = /\bimport\.meta\b|^(?:(?:export\s+)?(?:const|let|var)\s[^=\n]*=\s*)?(?:for\s+)?await\b/m;

/**
 * As what a file runs. In a package without `"type": "module"`, TypeScript that is written with `import` and `export`
 * is translated to CommonJS, unless it uses what CommonJS does not have.
 */
export function formatOf(path: string, source: string): Format {
  if (path.endsWith(".mts")) return "module";
  if (path.endsWith(".cts")) return "commonjs";
  if (packageType(path) === "module") return "module";
  return moduleOnly.test(source) ? "module" : "commonjs";
}

export function usesImports(source: string): boolean {
  return imports.test(source);
}
