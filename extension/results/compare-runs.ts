import * as vscode from "vscode";
import { compareRuns, comparisonText } from "../../bindings/typescript/runs/compare.js";
import type { Run, Runs } from "../runs/run.js";
import { t } from "../l10n.js";

/** From this factor on an item is listed as slower. */
const factor = 1.5;

/** Asks for two runs, and opens a document that says what changed from the older to the newer one. */
export async function compareTwoRuns(runs: Runs): Promise<void> {
  const ended = runs.all.filter((run) => run.ended);
  const choices = ended.toReversed().map((run) => ({
    label: run.request.name,
    description: t("{0} done, {1} failed", run.info.done, run.info.failed),
    detail: t("Started at {0}", timeOf(run)),
    run,
  }));
  if (choices.length < 2) {
    void vscode.window.showInformationMessage(t("Two runs that have ended are needed to compare them."));
    return;
  }
  const options = { matchOnDescription: true, matchOnDetail: true };
  const newer = await vscode.window.showQuickPick(choices, {
    ...options,
    title: t("Compare Runs"),
    placeHolder: t("The newer run"),
  });
  if (!newer) return;
  const older = await vscode.window.showQuickPick(alikeFirst(choices, newer.run), {
    ...options,
    title: t("Compare Runs"),
    placeHolder: t("The older run, to compare it with"),
  });
  if (!older) return;
  const text = [
    `${newer.run.request.name}, compared with the run that started at ${timeOf(older.run)}`,
    "",
    ...comparisonText(compareRuns(older.run, newer.run, factor), factor),
    "",
  ].join("\n");
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: text }), { preview: true });
}

function timeOf({ info }: Run): string {
  return new Date(info.startedAt).toLocaleString();
}

/** Runs of the same name first: they are what people compare. */
function alikeFirst<T extends { run: Run }>(choices: readonly T[], newer: Run): T[] {
  const others = choices.filter(({ run }) => run !== newer);
  const isAlike = ({ run }: T) => run.request.name === newer.request.name;
  return [...others.filter(isAlike), ...others.filter((choice) => !isAlike(choice))];
}
