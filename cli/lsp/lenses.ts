import type { CodeLens } from "vscode-languageserver";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findFunctions } from "../../sources/languages.js";
import { isToolFile } from "../../sources/tool-files.js";

/** A file that is open in the editor. */
export interface OpenFile {
  languageId: string;
  text: string;
}

/** Editors have names of their own for languages. */
const languages: Readonly<Record<string, string>> = {
  "js-jsx": "javascriptreact",
  "typescript-tsx": "typescriptreact",
  jsx: "javascriptreact",
  tsx: "typescriptreact",
  js: "javascript",
  ts: "typescript",
};

/** "Run in pool" and "Map over files…" above each function that a run can use. `folder`: that of the workspace. */
export async function lensesOf(uri: string, { languageId, text }: OpenFile, folder: string): Promise<CodeLens[]> {
  if (!uri.startsWith("file:")) return [];
  const path = fileURLToPath(uri);
  if (isToolFile(relative(folder, path))) return [];
  const functions = await findFunctions(text, languages[languageId] ?? languageId, path);
  return functions
    .filter(({ fits }) => fits)
    .flatMap(({ export: name, name: shown, line, column }) => {
      const range = { start: { line, character: column }, end: { line, character: column + shown.length } };
      return [{ range, command: { title: "▶ Map over files…", command: "polyproc.map", arguments: [uri, name] } }];
    });
}
