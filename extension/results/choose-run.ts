import * as vscode from "vscode";
import type { Run, Runs } from "../runs/run.js";
import { viewOfRun } from "./row-views.js";

const icons = {
  running: "sync",
  ending: "sync",
  done: "pass",
  cancelled: "circle-slash",
  halted: "error",
  lost: "warning",
} as const;

/** The run with this handle. Without a handle: the only run, or the run that the user picks. */
export async function chooseRun(runs: Runs, id: unknown, title: string): Promise<Run | undefined> {
  if (typeof id === "string") {
    const named = runs.all.find((run) => run.id === id);
    if (!named)
      void vscode.window.showInformationMessage(
        "This run no longer exists: its server has ended, or it was forgotten.",
      );
    return named;
  }
  if (runs.all.length === 0) void vscode.window.showInformationMessage("Nothing has been run yet in this window.");
  if (runs.all.length <= 1) return runs.all[0];
  const choices = runs.all.toReversed().map((run) => {
    const { state } = viewOfRun(run);
    const { done, failed, total, startedAt } = run.info;
    return {
      label: `$(${state === "done" && failed > 0 ? "error" : icons[state]}) ${run.request.name}`,
      description:
        `${(done + failed).toLocaleString()} of ${total.toLocaleString()}` +
        `${failed > 0 ? `, ${failed.toLocaleString()} failed` : ""}`,
      detail: `Started at ${new Date(startedAt).toLocaleTimeString()}`,
      run,
    };
  });
  return (await vscode.window.showQuickPick(choices, { title, matchOnDescription: true }))?.run;
}
