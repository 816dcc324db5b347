import type { FoundFunction } from "./found-function.js";

/** Languages of modules, by the editor's identifiers. */
const javascript = ["javascript", "javascriptreact", "typescript", "typescriptreact"];

export const moduleLanguages: readonly string[] = [...javascript, "python"];

/** Endings of modules, for lists of files. */
export const moduleEndings: readonly string[] = ["js", "mjs", "cjs", "ts", "mts", "cts", "py"];

/** The name of the runtime that runs modules of this language. */
export function runtimeOf(languageId: string): string | null {
  if (javascript.includes(languageId)) return "node";
  return languageId === "python" ? "python" : null;
}

/** A longer source is a bundle or data. To search it would delay the window. */
const maxLength = 512 * 1024;

/** The functions of a module; none if its language is not supported. A parser is loaded at its first use. */
export async function findFunctions(text: string, languageId: string, path: string): Promise<FoundFunction[]> {
  if (text.length > maxLength || /\.d\.[cm]?ts$/.test(path)) return [];
  if (javascript.includes(languageId))
    return (await import("./javascript.js")).findJavascriptFunctions(text, {
      jsx: !/\.[cm]?ts$/.test(path),
      typescript: languageId.startsWith("typescript"),
    });
  if (languageId === "python") return (await import("./python.js")).findPythonFunctions(text);
  return [];
}
