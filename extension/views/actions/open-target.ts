import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import { findFunctions } from "../../lenses/languages.js";
import type { Runs } from "../../runs/run.js";
import type { Model } from "../../model/model.js";
import { fileWords, hintOfTarget, hintOfText, type SourceHint } from "./target-text.js";

/** Opens the source of what the process runs. */
export async function openTarget(process: ProcessInfo, model: Model, runs: Runs): Promise<void> {
  const hint = hintFor(process, model, runs);
  const uri = hint === null ? undefined : await locate(hint);
  if (hint === null || uri === undefined) {
    void vscode.window.showInformationMessage(`No file of this workspace was found for “${process.target}”. Perhaps it is a program, or text without a file.`);
    return;
  }
  if (uri === "dismissed") return;
  const document = await vscode.workspace.openTextDocument(uri);
  const position = hint.kind === "command" ? null : await positionOf(document, hint.export);
  await vscode.window.showTextDocument(document, position ? { selection: new vscode.Range(position, position) } : {});
}

/** A run says exactly what it runs; of another process only a short text is known. */
function hintFor(process: ProcessInfo, model: Model, runs: Runs): SourceHint | null {
  const run = process.pool === null ? null : (model.pools.get(process.pool)?.run ?? null);
  const target = run === null ? undefined : runs.all.find(({ id }) => id === run)?.request.target;
  return target ? hintOfTarget(target) : hintOfText(process.target);
}

async function locate(hint: SourceHint): Promise<vscode.Uri | "dismissed" | undefined> {
  switch (hint.kind) {
    case "module":
      return existing([hint.file.startsWith("file:") ? fileURLToPath(hint.file) : hint.file]);
    case "moduleName":
      return byName(hint.name);
    case "command": {
      const folders = [...(hint.cwd === null ? [] : [hint.cwd]), ...(vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath)];
      const paths = fileWords(hint.words).flatMap((word) => (isAbsolute(word) ? (isText(word) ? [word] : []) : folders.map((folder) => join(folder, word))));
      return existing(paths);
    }
  }
}

/** `/usr/bin/gzip` is a file, but none that one reads. */
function isText(path: string): boolean {
  return /\.[a-z]{1,5}$/i.test(path) || vscode.workspace.getWorkspaceFolder(vscode.Uri.file(path)) !== undefined;
}

/** The first of these paths that is a file. */
async function existing(paths: readonly string[]): Promise<vscode.Uri | undefined> {
  for (const path of paths) {
    const uri = vscode.Uri.file(path);
    try {
      if ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File) return uri;
    } catch {
      // Not there: perhaps the next one is.
    }
  }
  return undefined;
}

/** Asks when there are several files of this name. */
async function byName(name: string): Promise<vscode.Uri | "dismissed" | undefined> {
  const found = await vscode.workspace.findFiles(`**/${name.replaceAll(/[[\]{}*?]/g, "?")}`, "**/node_modules/**", 50);
  if (found.length < 2) return found[0];
  const items = found.map((uri) => ({ label: vscode.workspace.asRelativePath(uri), uri }));
  return (await vscode.window.showQuickPick(items, { placeHolder: `Which ${name} is meant?` }))?.uri ?? "dismissed";
}

/** Where the export's name stands; null when it is not found. */
async function positionOf(document: vscode.TextDocument, name: string): Promise<vscode.Position | null> {
  const functions = await findFunctions(document.getText(), document.languageId, document.uri.path);
  const found = functions.find((one) => one.export === name) ?? functions.find((one) => one.name === name);
  return found ? new vscode.Position(found.line, found.column) : null;
}
