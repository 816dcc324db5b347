import * as vscode from "vscode";
import type { Disposable } from "../connection/rpc.js";
import type { Parts } from "../parts.js";
import type { Run } from "../runs/run.js";
import { allSavedTasks } from "../testing/task-tests.js";
import { LiveTree } from "../views/tree/live-tree.js";
import { savedRows } from "./saved-rows.js";
import { taskCommands } from "./task-commands.js";

/** The view of saved tasks and kept runs. Rows of runs have the runs' handles as ids, which commands of runs take. */
export function registerSaved({ runs }: Pick<Parts, "runs">): vscode.Disposable {
  const tree = new LiveTree(
    "polyproc.saved",
    () => (vscode.workspace.isTrusted ? savedRows(allSavedTasks(), runs.all) : []),
    () => {},
  );
  const update = () => tree.update();
  const watched = new Map<Run, Disposable>();
  const watch = (run: Run) => {
    if (run.ended || watched.has(run)) return;
    watched.set(run, run.onDidChange(update));
    void run.whenEnded.then(() => {
      watched.get(run)?.dispose();
      watched.delete(run);
      update();
    });
  };
  for (const run of runs.all) watch(run);
  const commands = taskCommands(runs);
  return vscode.Disposable.from(
    tree,
    runs.onDidAdd(watch),
    runs.onDidChange(update),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("tasks")) update();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(update),
    vscode.workspace.onDidGrantWorkspaceTrust(update),
    {
      dispose: () => {
        for (const subscription of watched.values()) subscription.dispose();
      },
    },
    ...Object.entries(commands).map(([id, run]) => vscode.commands.registerCommand(id, run)),
  );
}
