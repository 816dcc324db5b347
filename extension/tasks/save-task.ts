import * as vscode from "vscode";
import { workspaceFolders } from "../items/file-item.js";
import { modulePath } from "../diagnostics/find-problems.js";
import { chooseRun } from "../results/choose-run.js";
import type { Run, Runs } from "../runs/run.js";
import { insertTask } from "./insert-task.js";
import { SaveError, savedTask } from "./saved-task.js";
import { t } from "../l10n.js";

/** The command that writes a run into tasks.json, so that it can be started by name, by a key or by other tasks. */
export function registerSaveTask(runs: Runs): vscode.Disposable {
  return vscode.commands.registerCommand("polyproc.saveAsTask", async (handle?: unknown) => {
    const run = await chooseRun(runs, handle, t("Save Run as Task"));
    if (!run) return;
    try {
      await save(run);
    } catch (error) {
      if (!(error instanceof SaveError)) throw error;
      void vscode.window.showWarningMessage(t("This run cannot be a task: {0}.", error.message));
    }
  });
}

async function save({ request }: Run): Promise<void> {
  if (request.origin === "task") throw new SaveError(t("it is the run of a task"));
  const folder = folderOf(request);
  if (!folder) throw new SaveError(t("no folder is open, and tasks belong to a folder"));
  const configuration = vscode.workspace.getConfiguration("tasks", folder.uri);
  const tasks = configuration.inspect<unknown[]>("tasks");
  const existing = tasks?.workspaceFolderValue ?? tasks?.workspaceValue ?? [];
  const known = new Set(existing.map((task) => (task as { label?: unknown } | null)?.label));
  const named = {
    name: workspaceFolders().length > 1 ? folder.name : "",
    path: folder.uri.fsPath,
  };
  // Checked before the user is asked for a name.
  savedTask(request, "", named);
  const label = await vscode.window.showInputBox({
    title: t("Save Run as Task"),
    value: request.name,
    prompt: t("Name of the task, as Run Task… lists it"),
    validateInput: (typed) =>
      typed.trim() === "" ? t("Write a name") : known.has(typed.trim()) ? t("There is a task of this name") : undefined,
    ignoreFocusOut: true,
  });
  if (label === undefined) return;
  const uri = vscode.Uri.joinPath(folder.uri, ".vscode", "tasks.json");
  await write(uri, savedTask(request, label.trim(), named));
  await show(uri, label.trim());
}

/** Adds the task to the file, or makes the file. */
async function write(uri: vscode.Uri, task: object): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  const document = await Promise.resolve(vscode.workspace.openTextDocument(uri)).catch(() => null);
  if (document === null) {
    const text = JSON.stringify({ version: "2.0.0", tasks: [task] }, null, 2);
    edit.createFile(uri, { contents: Buffer.from(`${text}\n`) });
    await vscode.workspace.applyEdit(edit);
    return;
  }
  const text = insertTask(document.getText(), task);
  if (text === null) throw new SaveError('tasks.json has no list "tasks": correct it first');
  edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), text);
  await vscode.workspace.applyEdit(edit);
  await document.save();
}

/** The folder in which it runs, or that of its first file. */
function folderOf({ target, cwd, items }: Run["request"]): vscode.WorkspaceFolder | undefined {
  const place = cwd ?? ("command" in target ? target.cwd : undefined) ?? modulePath(target) ?? items[0]?.file;
  const found = place ? vscode.workspace.getWorkspaceFolder(vscode.Uri.file(place)) : undefined;
  return found ?? vscode.workspace.workspaceFolders?.[0];
}

async function show(uri: vscode.Uri, label: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  const at = document.positionAt(Math.max(0, document.getText().indexOf(JSON.stringify(label))));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
}
