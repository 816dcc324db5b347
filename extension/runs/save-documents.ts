import * as vscode from "vscode";
import { t } from "../l10n.js";

/**
 * Processes read files from the disk, so edited files are saved before a run, by the same setting as before a task
 * (`task.saveBeforeRun`). False if the user decides not to run.
 */
export async function saveDocuments(): Promise<boolean> {
  const dirty = vscode.workspace.textDocuments.filter((document) => document.isDirty && !document.isUntitled);
  if (dirty.length === 0) return true;
  const how = vscode.workspace.getConfiguration("task").get<string>("saveBeforeRun", "always");
  if (how === "never") return true;
  if (how === "prompt") {
    const question =
      dirty.length === 1
        ? t("A file has changes that are not saved. Processes see only what is saved.")
        : t("{0} files have changes that are not saved. Processes see only what is saved.", dirty.length);
    const [save, without] = [t("Save and Run"), t("Run without Saving")];
    const answer = await vscode.window.showWarningMessage(question, { modal: true }, save, without);
    if (answer === without) return true;
    if (answer === undefined) return false;
  }
  const saved = await vscode.workspace.saveAll(false);
  if (!saved) void vscode.window.showWarningMessage(t("Some files could not be saved, so nothing was run."));
  return saved;
}
