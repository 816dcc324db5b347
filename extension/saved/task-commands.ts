import * as vscode from "vscode";
import type { Run, Runs } from "../runs/run.js";
import { taskType } from "../tasks/task-provider.js";
import type { SavedTask } from "../testing/saved-tasks.js";
import { allSavedTasks } from "../testing/task-tests.js";
import { chosenRows } from "../views/actions/chosen.js";
import type { Commands } from "../views/view-parts.js";
import { lastRunOf, taskRowId } from "./saved-rows.js";
import { t } from "../l10n.js";

/** Play, stop and restart of the tasks that are selected in the view. */
export function taskCommands(runs: Pick<Runs, "all">): Commands {
  const of =
    (act: (task: SavedTask, run: Run | undefined) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      const tasks = allSavedTasks();
      const ids = chosenRows(args[0], args[1]);
      const chosen = tasks.filter((task) => ids.includes(taskRowId(task)));
      await Promise.all(chosen.map((task) => act(task, lastRunOf(task, tasks, runs.all))));
    };
  return {
    "polyproc.saved.start": of((task) => start(task)),
    "polyproc.saved.stop": of(stop),
    "polyproc.saved.restart": of(async (task, run) => {
      await stop(task, run);
      await start(task);
    }),
    "polyproc.saved.showResults": of(async (_, run) => {
      if (run) await vscode.commands.executeCommand("polyproc.showResults", run.id);
    }),
    "polyproc.saved.edit": of(edit),
  };
}

async function start(task: SavedTask): Promise<void> {
  const known = (await vscode.tasks.fetchTasks({ type: taskType })).find((one) => isTask(one, task));
  if (known) await vscode.tasks.executeTask(known);
  else
    void vscode.window.showWarningMessage(
      t("The editor does not offer the task {0}: look for errors in tasks.json.", task.label),
    );
}

/** Resolves when the task, and with it its run, has ended. */
async function stop(task: SavedTask, run: Run | undefined): Promise<void> {
  const executions = vscode.tasks.taskExecutions.filter((execution) => isTask(execution.task, task));
  await Promise.all(executions.map(terminate));
  // Its terminal may belong to another window, or be closed.
  if (run?.ended === false) await run.cancel();
  await run?.whenEnded;
}

function terminate(execution: vscode.TaskExecution): Promise<void> {
  return new Promise((resolve) => {
    const ends = vscode.tasks.onDidEndTask((event) => {
      if (event.execution !== execution) return;
      ends.dispose();
      resolve();
    });
    execution.terminate();
  });
}

async function edit({ label, folder }: SavedTask): Promise<void> {
  const uri = vscode.Uri.joinPath(vscode.Uri.file(folder), ".vscode", "tasks.json");
  const document = await vscode.workspace.openTextDocument(uri);
  const at = document.positionAt(Math.max(0, document.getText().indexOf(JSON.stringify(label))));
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
}

function isTask({ name, definition, scope }: vscode.Task, task: SavedTask): boolean {
  return (
    definition.type === taskType &&
    name === task.label &&
    (typeof scope !== "object" || scope.uri.fsPath === task.folder)
  );
}
