import * as vscode from "vscode";
import type { Parts } from "../parts.js";
import type { Run } from "../runs/run.js";
import { chosenRows } from "../views/actions/chosen.js";
import { t } from "../l10n.js";
import { chooseRun } from "./choose-run.js";
import { compareTwoRuns } from "./compare-runs.js";
import { copyResults } from "./copy-results.js";
import { exportResults } from "./export/save-results.js";
import { registerResultDocuments } from "./result-documents.js";
import { ResultsPanels } from "./results-panels.js";
import { viewType } from "./results-panel.js";
import { registerRowCommands } from "./row-commands.js";
import { searchRuns } from "./search-runs.js";

/** The results panel with its timeline, and the commands that lead to it. */
export function registerResults(parts: Parts): vscode.Disposable {
  const { runs, log } = parts;
  const panels = new ResultsPanels(parts);
  /** Takes a run's handle. Without one, takes the run of the active panel; without such a panel, asks for the run. */
  const command = (id: string, title: () => string, action: (run: Run, index: unknown) => void | Promise<void>) =>
    vscode.commands.registerCommand(id, async (handle?: unknown, index?: unknown) => {
      const run = (handle === undefined ? panels.active?.run : undefined) ?? (await chooseRun(runs, handle, title()));
      if (run) await action(run, index);
    });
  return vscode.Disposable.from(
    panels,
    registerResultDocuments(runs),
    registerRowCommands(panels, log),
    command(
      "polyproc.showResults",
      () => t("Show Results"),
      (run, index) => panels.show(run, "table", typeof index === "number" ? index : undefined),
    ),
    command(
      "polyproc.showTimeline",
      () => t("Show Timeline"),
      (run) => panels.show(run, "timeline"),
    ),
    command(
      "polyproc.copyResults",
      () => t("Copy Results as JSON"),
      (run) => copyResults(run, null),
    ),
    command(
      "polyproc.exportResults",
      () => t("Export Results"),
      (run) => exportResults(run),
    ),
    vscode.commands.registerCommand("polyproc.searchRuns", () => searchRuns(runs)),
    vscode.commands.registerCommand("polyproc.compareRuns", (clicked?: unknown, selected?: unknown) =>
      compareTwoRuns(runs, chosenRows(clicked, selected)),
    ),
    vscode.window.registerWebviewPanelSerializer(viewType, {
      deserializeWebviewPanel: (panel, state: unknown) => panels.restore(panel, state),
    }),
  );
}
