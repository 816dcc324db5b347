import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import { t } from "../../l10n.js";
import type { Model } from "../../model/model.js";
import type { Row, Run, Runs } from "../../runs/run.js";

/** An item that a process ran when it ended. */
export interface CrashedItem {
  run: Run;
  row: Row;
}

/** The item that failed with the process; null if it ran none, or the window does not know its run. */
export function crashedItem(
  process: ProcessInfo,
  runs: Pick<Runs, "all">,
  model: Pick<Model, "pools">,
): CrashedItem | null {
  if (process.pid === null || process.pool === null) return null;
  const id = model.pools.get(process.pool)?.run;
  for (const run of runs.all.toReversed()) {
    if (id !== undefined && id !== null && run.id !== id) continue;
    // An earlier process may have had the same pid.
    const row = run.rows.find(
      ({ pid, state, startedAt, ms }) =>
        pid === process.pid &&
        (state === "failed" || state === "lost") &&
        startedAt !== null &&
        startedAt >= process.startedAt - 1 &&
        startedAt + (ms ?? 0) >= (process.endedAt ?? 0) - 1000,
    );
    if (row) return { run, row };
  }
  return null;
}

/** What can be done from the page about a process that crashed. */
export class CrashLenses implements vscode.CodeLensProvider {
  readonly #items = new Map<string, CrashedItem>();

  set(uri: vscode.Uri, item: CrashedItem | null): void {
    if (item === null) this.#items.delete(uri.toString());
    else this.#items.set(uri.toString(), item);
  }

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const item = this.#items.get(uri.toString());
    if (!item) return [];
    const {
      run,
      row: { index, label },
    } = item;
    const top = new vscode.Range(0, 0, 0, 0);
    const lens = (title: string, command: string) =>
      new vscode.CodeLens(top, { title, command, arguments: [run.id, index] });
    return [
      lens(t("Run {0} again", label), "polyproc.rerunItem"),
      ...("command" in run.request.target ? [] : [lens(t("Debug {0}", label), "polyproc.debugItem")]),
      lens(t("Show in the results"), "polyproc.showResults"),
    ];
  }
}
