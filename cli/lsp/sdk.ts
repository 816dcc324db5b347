import type * as node from "vscode-languageserver/node";
import { missingPackage } from "../missing-package.js";

/** The library for language servers, which only `polyproc lsp` uses. */
export type Library = typeof node;

/** Loads it, and looks for the parser that finds functions. Throws an ExitError that says how to install both. */
export async function loadLibrary(): Promise<Library> {
  try {
    const [library] = await Promise.all([import("vscode-languageserver/node"), import("../../sources/javascript.js")]);
    // A CommonJS module: what Node does not find in it by name is in its default.
    return "default" in library ? (library.default as Library) : library;
  } catch (error) {
    throw missingPackage("lsp", "two more packages", "vscode-languageserver @babel/parser", error);
  }
}
