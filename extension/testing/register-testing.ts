import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import { allSavedTasks, TaskTests } from "./task-tests.js";

/**
 * Shows saved runs as tests, in a trusted workspace that has some. In other workspaces the Testing view stays as it is.
 */
export function registerTesting(parts: Pick<Parts, "runs" | "log">): vscode.Disposable {
  let tests: TaskTests | null = null;
  const look = () => {
    if (tests) tests.refresh();
    else if (vscode.workspace.isTrusted && allSavedTasks().length > 0) tests = new TaskTests(parts);
  };
  // After the activation, so that the editor does not wait.
  const later = setImmediate(look);
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("tasks")) look();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(look),
    vscode.workspace.onDidGrantWorkspaceTrust(look),
    {
      dispose: () => {
        clearImmediate(later);
        tests?.dispose();
      },
    },
  );
}
