import { join } from "node:path";
import * as vscode from "vscode";
import type { ProblemBook } from "../diagnostics/problem-book.js";
import type { Run, Runs } from "../runs/run.js";
import { debugPlan, pythonDebugger } from "./debug-plan.js";
import { freePort } from "./free-port.js";
import { t } from "../l10n.js";

/** "Debug Item": from the results, from a problem, from a lens, from a worker's row, and from the palette. */
export function registerDebug(runs: Runs, problems: ProblemBook, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand("polyproc.debugItem", async (id?: unknown, index?: unknown) => {
      const chosen = await chooseItem(runs, id, index);
      if (!chosen) return false;
      try {
        return await debugItem(runs, chosen.run, chosen.index);
      } catch (error) {
        log.error(error instanceof Error ? error : String(error));
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
        return false;
      }
    }),
    vscode.languages.registerCodeActionsProvider({ scheme: "file" }, new ItemActions(problems), {
      providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
    }),
  );
}

async function debugItem(runs: Runs, run: Run, index: number): Promise<boolean> {
  const plan = debugPlan(run, index);
  if (typeof plan === "string") {
    void vscode.window.showWarningMessage(plan);
    return false;
  }
  const debugpy = plan.language === "python" ? debugpyFolder() : null;
  if (plan.language === "python" && debugpy === null) {
    const chosen = await vscode.window.showWarningMessage(
      t("To debug Python, install the extension Python Debugger ({0}).", pythonDebugger),
      t("Show Extension"),
    );
    if (chosen !== undefined) await vscode.commands.executeCommand("workbench.extensions.search", pythonDebugger);
    return false;
  }
  const address = { port: await freePort(), debugpy };
  const again = await runs.start(plan.request(address));
  const folder = run.request.cwd === undefined ? undefined : vscode.Uri.file(run.request.cwd);
  const started = await vscode.debug.startDebugging(
    folder && vscode.workspace.getWorkspaceFolder(folder),
    plan.configuration(address),
  );
  // Otherwise the worker would wait for a debugger without end.
  if (!started) await again.cancel();
  return started;
}

/** The debugpy that the Python Debugger extension brings. */
function debugpyFolder(): string | null {
  const extension = vscode.extensions.getExtension(pythonDebugger);
  return extension ? join(extension.extensionPath, "bundled", "libs") : null;
}

/** The item that the command is for; without one, the user chooses among those that failed. */
async function chooseItem(runs: Runs, id: unknown, index: unknown): Promise<{ run: Run; index: number } | undefined> {
  if (typeof id === "string" && typeof index === "number") {
    const run = runs.all.find((one) => one.id === id);
    return run && { run, index };
  }
  const failed = runs.all.toReversed().flatMap((run) =>
    run.rows
      .filter(({ state }) => state === "failed")
      .slice(0, 100)
      .map((row) => ({ label: row.label, description: run.request.name, run, index: row.index })),
  );
  if (failed.length === 0) {
    void vscode.window.showInformationMessage(t("No item has failed."));
    return undefined;
  }
  return vscode.window.showQuickPick(failed, { title: t("Debug Item"), placeHolder: t("Which item?") });
}

/** Offers what can be done about a problem: debug its item, or show the item in the results. */
class ItemActions implements vscode.CodeActionProvider {
  readonly #problems: ProblemBook;

  constructor(problems: ProblemBook) {
    this.#problems = problems;
  }

  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return diagnostics
      .filter(({ source }) => source === "polyproc")
      .flatMap((diagnostic) => {
        const item = this.#problems.itemAt(document.uri.fsPath, diagnostic.range.start.line, diagnostic.message);
        if (!item) return [];
        const action = (title: string, command: string, args: unknown[]) => {
          const made = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
          made.diagnostics = [diagnostic];
          made.command = { title, command, arguments: args };
          return made;
        };
        return [
          action(t("Debug item {0}", `"${item.label}"`), "polyproc.debugItem", [item.run, item.index]),
          action(t("Show item {0} in the results", `"${item.label}"`), "polyproc.showResults", [item.run, item.index]),
        ];
      });
  }
}
