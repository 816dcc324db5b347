import * as vscode from "vscode";
import type { Run, Runs } from "../runs/run.js";
import { viewOfRun } from "./row-views.js";
import { t } from "../l10n.js";

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
        t("This run no longer exists: its server has ended, or it was forgotten."),
      );
    return named;
  }
  if (runs.all.length === 0) void vscode.window.showInformationMessage(t("Nothing has been run yet in this window."));
  if (runs.all.length <= 1) return runs.all[0];
  const choices = runs.all.toReversed().map((run) => {
    const { state } = viewOfRun(run);
    const { done, failed, total, startedAt } = run.info;
    return {
      label: `$(${state === "done" && failed > 0 ? "error" : icons[state]}) ${run.request.name}`,
      description: [
        t("{0} of {1}", (done + failed).toLocaleString(), total.toLocaleString()),
        ...(failed > 0 ? [t("{0} failed", failed.toLocaleString())] : []),
      ].join(", "),
      detail: t("Started at {0}", new Date(startedAt).toLocaleTimeString()),
      run,
    };
  });
  return (await vscode.window.showQuickPick(choices, { title, matchOnDescription: true }))?.run;
}
