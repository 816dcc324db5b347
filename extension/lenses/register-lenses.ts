import * as vscode from "vscode";
import type { Server } from "../connection/rpc.js";
import { failedItemOf } from "../debug/debug-plan.js";
import type { Runs } from "../runs/run.js";
import { functionsOf } from "../runs/choose-function.js";
import type { Settings } from "../settings.js";
import { moduleLanguages, runtimeOf } from "../../sources/languages.js";
import { isToolFile } from "../../sources/tool-files.js";
import { cellLenses, cellSelector } from "./cell-lenses.js";
import { t } from "../l10n.js";

/** "Run in pool" and "Map over files…" above each function that a run can use. */
export function registerLenses(server: Server, settings: Settings, runs: Runs): vscode.Disposable {
  const lenses = new FunctionLenses(server, settings, runs);
  return vscode.Disposable.from(
    vscode.languages.registerCodeLensProvider(
      moduleLanguages.map((language) => ({ language, scheme: "file" })),
      lenses,
    ),
    vscode.languages.registerCodeLensProvider(cellSelector, cellLenses),
    settings.onDidChange(["codeLens.enabled"], () => lenses.refresh()),
    vscode.workspace.onDidGrantWorkspaceTrust(() => lenses.refresh()),
    // Only the server knows which languages it has workers for.
    server.onDidChange(({ kind }) => {
      if (kind === "connected") lenses.refresh();
    }),
    // A failed item can be debugged.
    runs.onDidAdd((run) => void run.whenEnded.then(() => lenses.refresh())),
    lenses,
  );
}

class FunctionLenses implements vscode.CodeLensProvider, vscode.Disposable {
  readonly #server: Server;
  readonly #settings: Settings;
  readonly #runs: Runs;
  readonly #changes = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changes.event;

  constructor(server: Server, settings: Settings, runs: Runs) {
    this.#runs = runs;
    this.#server = server;
    this.#settings = settings;
  }

  refresh(): void {
    this.#changes.fire();
  }

  dispose(): void {
    this.#changes.dispose();
  }

  async provideCodeLenses(document: vscode.TextDocument): Promise<vscode.CodeLens[]> {
    if (
      !vscode.workspace.isTrusted ||
      !this.#settings.codeLensEnabled(document) ||
      isToolFile(vscode.workspace.asRelativePath(document.uri, false)) ||
      !this.#hasRuntime(document.languageId)
    )
      return [];
    const functions = (await functionsOf(document)).filter(({ fits }) => fits);
    return functions.flatMap((found) => {
      const range = new vscode.Range(found.line, found.column, found.line, found.column + found.name.length);
      const args = [document.uri, found.export];
      const failed = failedItemOf(this.#runs.all, document.uri.fsPath, found.export);
      return [
        new vscode.CodeLens(range, {
          title: `$(play) ${t("Run in pool")}`,
          command: "polyproc.runInPool",
          arguments: args,
          tooltip: t("Run {0} once for each of several items, several at a time", found.name),
        }),
        new vscode.CodeLens(range, {
          title: t("Map over files…"),
          command: "polyproc.mapOverFiles",
          arguments: args,
          tooltip: t("Run {0} once for each of several files, with the file's path", found.name),
        }),
        ...(failed === null
          ? []
          : [
              new vscode.CodeLens(range, {
                title: `$(debug-alt) ${t("Debug {0}", failed.label)}`,
                command: "polyproc.debugItem",
                arguments: [failed.run, failed.index],
                tooltip: t("Run {0} for the item that failed again, in the debugger", found.name),
              }),
            ]),
      ];
    });
  }

  /** While no server runs, the extension cannot know this, and assumes that the server has the runtime. */
  #hasRuntime(languageId: string): boolean {
    const { state } = this.#server;
    const runtime = runtimeOf(languageId);
    return runtime !== null && (state.kind !== "connected" || state.rpc.facts.runtimes.includes(runtime));
  }
}
