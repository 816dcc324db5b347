import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import { resumeTasks } from "./resume-tasks.js";
import { registerSaveTask } from "./save-task.js";
import { PolyprocTaskProvider, taskType } from "./task-provider.js";

export function registerTasks(parts: Parts): vscode.Disposable {
  const provider = new PolyprocTaskProvider(parts);
  return vscode.Disposable.from(
    vscode.tasks.registerTaskProvider(taskType, provider),
    resumeTasks(parts, provider),
    registerSaveTask(parts.runs),
  );
}
