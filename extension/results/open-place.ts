import { dirname, isAbsolute, join } from "node:path";
import { homedir } from "node:os";
import { fileURLToPath } from "node:url";
import * as vscode from "vscode";
import type { Run } from "../runs/run.js";
import type { Place } from "./messages.js";
import { t } from "../l10n.js";

/** Opens the file that a row concerns. */
export async function openRowFile(run: Run, index: number): Promise<void> {
  const file = run.rows[index]?.file;
  if (file) await show(vscode.Uri.file(file), { file, line: null, column: null });
}

/** Opens a place that a stack or a line of output names. */
export async function openPlace(run: Run, index: number, place: Place): Promise<void> {
  for (const path of candidates(run, index, place.file)) {
    const uri = vscode.Uri.file(path);
    try {
      if ((await vscode.workspace.fs.stat(uri)).type & vscode.FileType.File) return await show(uri, place);
    } catch {
      // Not there: perhaps the next one is.
    }
  }
  void vscode.window.showWarningMessage(
    t("{0} was not found: neither where the run's processes worked nor in the workspace.", place.file),
  );
}

/** A relative path is meant from where the process ran; which folder that was is not always known. */
function candidates({ request: { target }, rows }: Run, index: number, file: string): string[] {
  if (file.startsWith("~/")) return [join(homedir(), file.slice(2))];
  if (isAbsolute(file)) return [file];
  const folders = new Set<string>();
  if ("cwd" in target && target.cwd !== undefined) folders.add(target.cwd);
  const own = rows[index]?.file;
  const folder = own ? vscode.workspace.getWorkspaceFolder(vscode.Uri.file(own)) : undefined;
  if (folder) folders.add(folder.uri.fsPath);
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) folders.add(uri.fsPath);
  if (own) folders.add(dirname(own));
  if ("module" in target)
    folders.add(dirname(target.module.startsWith("file:") ? fileURLToPath(target.module) : target.module));
  return [...folders].filter(isAbsolute).map((from) => join(from, file));
}

async function show(uri: vscode.Uri, { line, column }: Place): Promise<void> {
  if (line === null) {
    // In the editor that VS Code chooses for the file, also for pictures.
    await vscode.commands.executeCommand("vscode.open", uri, { preview: true });
    return;
  }
  const at = new vscode.Position(line - 1, (column ?? 1) - 1);
  await vscode.window.showTextDocument(uri, { selection: new vscode.Range(at, at), preview: true });
}
