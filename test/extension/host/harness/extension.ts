import * as vscode from "vscode";

const id = "polyproc.polyproc";

/** The extension, activated as the editor does it, and what its `activate` returned. */
export async function activated<Api = unknown>(): Promise<{ extension: vscode.Extension<Api>; api: Api }> {
  const extension = vscode.extensions.getExtension<Api>(id);
  if (!extension)
    throw new Error(
      `the extension ${id} is not there; there are ${vscode.extensions.all.map((one) => one.id).join(", ")}`,
    );
  return { extension, api: await extension.activate() };
}

/** A file of the example workspace. */
export function workspaceFile(path: string): vscode.Uri {
  return vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, ...path.split("/"));
}
