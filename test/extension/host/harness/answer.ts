import * as vscode from "vscode";
import type { PolyprocApi } from "../../../../extension/api.js";
import type { Run } from "../../../../extension/runs/run.js";
import { waitFor } from "../../../deadline.js";

/**
 * Presses Enter at each question of a command, which takes the answer that is offered first, until a run starts. A
 * question that the editor has closed, because something else took the focus, is asked again.
 */
export async function answerWithEnter({ runs }: PolyprocApi, command: string, ...args: unknown[]): Promise<Run> {
  const known = new Set(runs.all);
  let asking = false;
  return waitFor(
    async () => {
      const found = runs.all.find((run) => !known.has(run));
      if (found) return found;
      if (!asking) {
        asking = true;
        void vscode.commands.executeCommand(command, ...args).then(
          () => (asking = false),
          () => (asking = false),
        );
      }
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      return undefined;
    },
    { what: "a run that starts", timeoutMs: 60_000, intervalMs: 100 },
  );
}
