import * as vscode from "vscode";
import { copyResults } from "./copy-results.js";
import { openRowFile } from "./open-place.js";
import type { ResultsPanels } from "./results-panels.js";

/** What VS Code passes on of the row whose menu was opened: `data-vscode-context` in webview/table.ts. */
interface RowContext {
  index: number;
}

/**
 * The commands of a row's menu. A command is for the clicked row, or for all selected rows if the clicked one is among
 * them.
 */
export function registerRowCommands(panels: ResultsPanels, log: vscode.LogOutputChannel): vscode.Disposable {
  const command = (
    id: string,
    action: (panel: NonNullable<ResultsPanels["active"]>, index: number) => void | Promise<void>,
  ) =>
    vscode.commands.registerCommand(id, async (context?: Partial<RowContext>) => {
      const panel = panels.active;
      if (!panel?.run || typeof context?.index !== "number") return;
      try {
        await action(panel, context.index);
      } catch (error) {
        log.error(error instanceof Error ? error : String(error));
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    });
  return vscode.Disposable.from(
    command("polyproc.results.openFile", (panel, index) => openRowFile(panel.run!, index)),
    command("polyproc.results.copyRow", (panel, index) => copyResults(panel.run!, panel.chosen(index))),
    command("polyproc.results.rerunRow", (panel, index) => panel.again(panel.chosen(index))),
    command("polyproc.results.debugRow", async (panel, index) => {
      await vscode.commands.executeCommand("polyproc.debugItem", panel.run!.id, index);
    }),
    command("polyproc.results.cancelRow", (panel, index) => panel.run!.cancel(panel.chosen(index))),
  );
}
