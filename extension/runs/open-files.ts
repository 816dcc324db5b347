import * as vscode from "vscode";

/**
 * Asks for files of the disk: for windows without a folder, where there is no list to choose from. Empty when the user
 * changed their mind.
 */
export async function openFiles(options: vscode.OpenDialogOptions): Promise<vscode.Uri[]> {
  const uris = await vscode.window.showOpenDialog({ canSelectFiles: true, canSelectFolders: false, ...options });
  return (uris ?? []).filter(({ scheme }) => scheme === "file");
}
