import * as vscode from "vscode";
import { compareRuns, comparisonText } from "../../bindings/typescript/runs/compare.js";
import type { Run, Runs } from "../runs/run.js";
import { t } from "../l10n.js";

/** From this factor on an item is listed as slower. */
const factor = 1.5;

/**
 * Opens a document that says what changed from the older to the newer of two runs. `rows`: the handles of the rows that
 * are selected in the view of runs. A run that they do not name is asked for.
 */
export async function compareTwoRuns(runs: Runs, rows: readonly string[]): Promise<void> {
  const ended = runs.all.filter((run) => run.ended);
  const selected = ended.filter(({ id }) => rows.includes(id));
  if (ended.length < 2) {
    void vscode.window.showInformationMessage(t("Two runs that have ended are needed to compare them."));
    return;
  }
  const newer = selected.at(-1) ?? (await pick(t("The newer run"), ended.toReversed()));
  if (!newer) return;
  const older =
    selected.at(-2) ?? (await pick(t("The older run, to compare it with"), alikeFirst(ended.toReversed(), newer)));
  if (!older) return;
  const text = [
    t("{0}, compared with the run that started at {1}", newer.request.name, timeOf(older)),
    "",
    ...comparisonText(compareRuns(older, newer, factor), factor),
    "",
  ].join("\n");
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: text }), { preview: true });
}

async function pick(placeHolder: string, runs: readonly Run[]): Promise<Run | undefined> {
  const choices = runs.map((run) => ({
    label: run.request.name,
    description: t("{0} done, {1} failed", run.info.done, run.info.failed),
    detail: t("Started at {0}", timeOf(run)),
    run,
  }));
  const options = { title: t("Compare Runs"), placeHolder, matchOnDescription: true, matchOnDetail: true };
  return (await vscode.window.showQuickPick(choices, options))?.run;
}

function timeOf({ info }: Run): string {
  return new Date(info.startedAt).toLocaleString();
}

/** Runs of the same name first: they are what people compare. */
function alikeFirst(runs: readonly Run[], newer: Run): Run[] {
  const others = runs.filter((run) => run !== newer);
  const isAlike = ({ request }: Run) => request.name === newer.request.name;
  return [...others.filter(isAlike), ...others.filter((run) => !isAlike(run))];
}
