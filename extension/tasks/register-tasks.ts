import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import { PolyprocTaskProvider, taskType } from "./task-provider.js";

export function registerTasks(parts: Parts): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(taskType, new PolyprocTaskProvider(parts));
}
