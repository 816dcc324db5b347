import * as vscode from "vscode";
import { listLiterals } from "../items/list-literals.js";
import { t } from "../l10n.js";

/** "Map over names (3)…" above each list of a notebook's cell that a run can take its items from. */
export const cellLenses: vscode.CodeLensProvider = {
  provideCodeLenses: (document) => {
    if (!vscode.workspace.isTrusted) return [];
    return listLiterals(document.getText()).map(({ name, offset, values }) => {
      const at = document.positionAt(offset);
      return new vscode.CodeLens(new vscode.Range(at, at), {
        title: `$(play) ${t("Map over {0} ({1})…", name, values.length)}`,
        tooltip: t("Run a function or a shell command once for each element of this list"),
        command: "polyproc.mapOverValues",
        arguments: [values],
      });
    });
  },
};

export const cellSelector: vscode.DocumentSelector = { scheme: "vscode-notebook-cell" };
