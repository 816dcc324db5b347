import * as vscode from "vscode";
import type { ProcessInfo } from "../../../protocol/process.js";
import { findFunctions } from "../../../sources/languages.js";
import { rowText } from "../amounts.js";
import { t } from "../../l10n.js";

/** Opens the source of what the process runs. */
export async function openTarget({ source, target, name }: ProcessInfo): Promise<void> {
  if (source === null) {
    void vscode.window.showInformationMessage(
      t(
        "No file is known for “{0}”: it is a program, source without a file, or a worker that has had no task yet.",
        rowText(target || name),
      ),
    );
    return;
  }
  let document: vscode.TextDocument;
  try {
    document = await vscode.workspace.openTextDocument(vscode.Uri.file(source.file));
  } catch (error) {
    void vscode.window.showErrorMessage(
      t("{0} cannot be opened: {1}", source.file, error instanceof Error ? error.message : String(error)),
    );
    return;
  }
  const position = source.export === null ? null : await positionOf(document, source.export);
  await vscode.window.showTextDocument(document, position ? { selection: new vscode.Range(position, position) } : {});
}

/** The position of the export's name; null if it is not found. */
async function positionOf(document: vscode.TextDocument, name: string): Promise<vscode.Position | null> {
  const functions = await findFunctions(document.getText(), document.languageId, document.uri.path);
  const found = functions.find((one) => one.export === name) ?? functions.find((one) => one.name === name);
  return found ? new vscode.Position(found.line, found.column) : null;
}
