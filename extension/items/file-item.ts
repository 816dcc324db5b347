import * as vscode from "vscode";
import type { RunItem } from "../runs/run.js";
import { labelOfPath, type Folder } from "./labels.js";

/** A file as an item: its absolute path, shown relative to the workspace. */
export function fileItem(path: string, folders: readonly Folder[] = workspaceFolders()): RunItem {
  return { value: path, label: labelOfPath(path, folders), file: path };
}

export function workspaceFolders(): Folder[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ name, uri }) => ({ name, path: uri.fsPath }));
}
