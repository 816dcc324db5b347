import * as vscode from "vscode";

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
        ? "A file has changes that are not saved."
        : `${dirty.length} files have changes that are not saved.`;
    const answer = await vscode.window.showWarningMessage(
      `${question} Processes see only what is saved.`,
      { modal: true },
      "Save and Run",
      "Run without Saving",
    );
    if (answer === "Run without Saving") return true;
    if (answer === undefined) return false;
  }
  const saved = await vscode.workspace.saveAll(false);
  if (!saved) void vscode.window.showWarningMessage("Some files could not be saved, so nothing was run.");
  return saved;
}
