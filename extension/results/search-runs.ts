import * as vscode from "vscode";
import type { Runs } from "../runs/run.js";
import { t } from "../l10n.js";
import { searchEntries } from "./run-search.js";

const icons: Readonly<Record<string, string>> = { done: "pass", failed: "error", cancelled: "circle-slash" };

/** Past runs and their items, found by function, item, outcome or the text of an error; shows what is chosen. */
export async function searchRuns(runs: Runs): Promise<void> {
  const choices = searchEntries(runs.all).map((entry) => ({
    ...entry,
    label: `$(${entry.index === null ? "history" : (icons[entry.description] ?? "warning")}) ${entry.label}`,
  }));
  if (choices.length === 0) {
    void vscode.window.showInformationMessage(t("Nothing has been run yet in this window."));
    return;
  }
  const chosen = await vscode.window.showQuickPick(choices, {
    title: t("Search Runs"),
    placeHolder: t("A function, an item, an outcome such as failed, or words of an error"),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen) await vscode.commands.executeCommand("polyproc.showResults", chosen.run.id, chosen.index ?? undefined);
}
