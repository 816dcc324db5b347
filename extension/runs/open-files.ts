import * as vscode from "vscode";

/**
 * Asks for files of the disk: for windows without a folder, which have no list to choose from. Empty if the user
 * cancels.
 */
export async function openFiles(options: vscode.OpenDialogOptions): Promise<vscode.Uri[]> {
  const uris = await vscode.window.showOpenDialog({ canSelectFiles: true, canSelectFolders: false, ...options });
  return (uris ?? []).filter(({ scheme }) => scheme === "file");
}
