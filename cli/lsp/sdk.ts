import type * as node from "vscode-languageserver/node";
import { ExitError } from "../exit-error.js";
import { exitStatus } from "../exit-status.js";

/** The library for language servers, which only `polyproc lsp` uses. */
export type Library = typeof node;

/** Loads it, and looks for the parser that finds functions. Throws an ExitError that says how to install both. */
export async function loadLibrary(): Promise<Library> {
  try {
    const [library] = await Promise.all([import("vscode-languageserver/node"), import("../../sources/javascript.js")]);
    // A CommonJS module: what Node does not find in it by name is in its default.
    return "default" in library ? (library.default as Library) : library;
  } catch (error) {
    throw new ExitError(
      exitStatus.unavailable,
      "polyproc lsp needs two more packages, where polyproc is installed: " +
        "npm install vscode-languageserver @babel/parser, with --global if polyproc was installed with it " +
        `(${(error as Error).message.split("\n")[0]})`,
    );
  }
}
