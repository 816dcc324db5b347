import { stat } from "node:fs/promises";
import * as vscode from "vscode";
import { workspaceFolders } from "./file-item.js";
import { ItemsError } from "./item-source.js";
import { excludePattern, excludesIn, searchesIn } from "./patterns.js";

/**
 * Files of these paths, folders expanded; each once, in the order given, sorted within a folder. Fails with ItemsError.
 */
export async function expandPaths(paths: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const facts = await stat(path).catch((error: NodeJS.ErrnoException) => {
      throw new ItemsError(
        error.code === "ENOENT" ? `there is no file ${path}` : `${path} cannot be read: ${error.message}`,
      );
    });
    const files = facts.isDirectory() ? await search({ base: path, pattern: "**/*" }, [], signal) : [path];
    for (const file of files) found.add(file);
  }
  return [...found];
}

/**
 * Files that match, each once, sorted. `folder`: absolute; default: each folder of the workspace. Fails with
 * ItemsError.
 */
export async function findFiles(
  include: readonly string[],
  exclude: readonly string[],
  folder?: string,
  signal?: AbortSignal,
): Promise<string[]> {
  const folders = folder === undefined ? workspaceFolders() : [{ name: "", path: folder }];
  if (folders.length === 0)
    throw new ItemsError("a pattern is relative to a folder, but no folder is open: open one, or name files");
  const found = new Set<string>();
  for (const one of folders) {
    const excluded = excludesIn(exclude, one);
    for (const glob of include.flatMap((pattern) => searchesIn(pattern, one)))
      for (const file of await search(glob, excluded, signal)) found.add(file);
  }
  return [...found].sort();
}

async function search(
  { base, pattern }: { base: string; pattern: string },
  exclude: readonly string[],
  signal?: AbortSignal,
): Promise<string[]> {
  const uri = vscode.Uri.file(base);
  const settings = ["files", "search"].map((section) =>
    vscode.workspace.getConfiguration(section, uri).get<Record<string, unknown>>("exclude", {}),
  );
  const cancellation = new vscode.CancellationTokenSource();
  const cancel = () => cancellation.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const excluded = excludePattern(pattern, exclude, settings);
    // `null`: VS Code excludes nothing by itself. The patterns of the settings that apply are part of `excluded`.
    const files = await vscode.workspace.findFiles(
      new vscode.RelativePattern(uri, pattern),
      excluded === undefined ? null : new vscode.RelativePattern(uri, excluded),
      undefined,
      cancellation.token,
    );
    signal?.throwIfAborted();
    return files.map((file) => file.fsPath).sort();
  } finally {
    signal?.removeEventListener("abort", cancel);
    cancellation.dispose();
  }
}
