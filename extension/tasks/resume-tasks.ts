import { setTimeout as delay } from "node:timers/promises";
import * as vscode from "vscode";
import type { Disposable } from "../connection/rpc.js";
import type { Parts } from "../parts.js";
import type { Run } from "../runs/run.js";
import { taskType, type PolyprocTaskProvider } from "./task-provider.js";

/** The editor may not know its tasks yet, soon after its start. */
const attempts = 10;
const pauseMs = 1000;

/**
 * Makes the run of a task whose window was reloaded a running task again. Tasks that would first run others
 * (`dependsOn`) or ask for an input stay runs of the side bar.
 */
export function resumeTasks(
  { runs, model, log }: Pick<Parts, "runs" | "model" | "log">,
  provider: PolyprocTaskProvider,
): vscode.Disposable {
  return runs.onDidAdd((run, found) => {
    if (!found || run.request.origin !== "task" || run.info.endedAt !== null) return;
    // It is a running task of another window.
    if (model.sessions.has(run.info.session)) return;
    resume(run, provider).catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
  });
}

async function resume(run: Run, provider: PolyprocTaskProvider): Promise<void> {
  for (let attempt = 0; attempt < attempts && !run.ended; attempt++) {
    const tasks = await vscode.tasks.fetchTasks({ type: taskType });
    const task = tasks.find(({ name }) => name === run.request.name);
    if (!task) {
      await delay(pauseMs);
      continue;
    }
    if (startsMore(task)) return;
    await firstNews(run);
    if (run.ended) return;
    provider.resume(task.name, run);
    await vscode.tasks.executeTask(task);
    return;
  }
}

/** Resolves when the states of the run's items are known. */
async function firstNews(run: Run): Promise<void> {
  if (run.rows.some(({ state }) => state !== "queued")) return;
  let changes: Disposable | undefined;
  const changed = new Promise<void>((resolve) => (changes = run.onDidChange(() => resolve())));
  await Promise.race([changed, run.whenEnded]);
  changes?.dispose();
}

/** Whether its start runs other tasks, or asks the user something. */
function startsMore(task: vscode.Task): boolean {
  if (/\$\{(?:input|command):/.test(JSON.stringify(task.definition))) return true;
  const folder = typeof task.scope === "object" ? task.scope.uri : undefined;
  const written = vscode.workspace.getConfiguration("tasks", folder).get<unknown>("tasks");
  return (
    Array.isArray(written) &&
    written.some(
      (one: { label?: unknown; dependsOn?: unknown } | null) => one?.label === task.name && one.dependsOn !== undefined,
    )
  );
}
