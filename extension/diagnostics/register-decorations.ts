import * as vscode from "vscode";
import type { Disposable } from "../connection/rpc.js";
import type { Run, Runs } from "../runs/run.js";
import { rowText } from "../views/amounts.js";
import { FailedFiles } from "./failed-files.js";
import { t } from "../l10n.js";

/** Marks files in the explorer whose items have failed, those of tasks included. */
export function registerDecorations(runs: Runs): { clear: () => void; disposable: vscode.Disposable } {
  const failed = new FailedFiles();
  const changes = new vscode.EventEmitter<vscode.Uri[]>();
  const subscriptions = new Map<Run, Disposable>();
  const tell = (files: ReadonlySet<string>) => {
    if (files.size > 0) changes.fire([...files].map((file) => vscode.Uri.file(file)));
  };
  const follow = (run: Run) => {
    tell(failed.update(run, run.rows.keys()));
    if (run.ended) return;
    subscriptions.set(
      run,
      run.onDidChange((indexes) => tell(failed.update(run, indexes))),
    );
    void run.whenEnded.then(() => {
      subscriptions.get(run)?.dispose();
      subscriptions.delete(run);
    });
  };
  for (const run of runs.all) follow(run);
  const disposable = vscode.Disposable.from(
    changes,
    vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changes.event,
      provideFileDecoration(uri) {
        const names = uri.scheme === "file" ? failed.of(uri.fsPath) : [];
        if (names.length === 0) return undefined;
        const decoration = new vscode.FileDecoration(
          "✗",
          t("{0} failed", names.map((name) => rowText(name, 60)).join(", ")),
          new vscode.ThemeColor("list.errorForeground"),
        );
        decoration.propagate = true;
        return decoration;
      },
    }),
    runs.onDidAdd(follow),
    runs.onDidChange(() => tell(failed.keepOnly(new Set(runs.all.map(({ id }) => id))))),
    {
      dispose: () => {
        for (const subscription of subscriptions.values()) subscription.dispose();
      },
    },
  );
  return { clear: () => tell(failed.keepOnly(new Set())), disposable };
}
