import * as vscode from "vscode";
import type { Run } from "../runs/run.js";
import { resultsJson } from "../../bindings/typescript/runs/json.js";
import { json, saveResults } from "./export/save-results.js";
import { t } from "../l10n.js";

/** Most characters that go to the clipboard. */
const maxClipboard = 16 * 1024 * 1024;

/**
 * Copies rows as JSON, in the given order (null: all rows). If the text is too long for the clipboard, offers to save
 * it in a file.
 */
export async function copyResults(run: Run, indexes: readonly number[] | null): Promise<void> {
  const chosen = indexes ?? [...run.rows.keys()];
  const parts: string[] = [];
  let length = 0;
  for await (const part of resultsJson(run, chosen)) {
    parts.push(part);
    length += part.length;
    if (length > maxClipboard) return saveInstead(run, chosen);
  }
  await vscode.env.clipboard.writeText(parts.join(""));
  vscode.window.setStatusBarMessage(
    `$(copy) ${t(
      chosen.length === 1 ? "{0} item copied as JSON" : "{0} items copied as JSON",
      chosen.length.toLocaleString(),
    )}`,
    4000,
  );
}

async function saveInstead(run: Run, indexes: readonly number[]): Promise<void> {
  const save = t("Save as File…");
  const answer = await vscode.window.showInformationMessage(
    t("The results take more than {0} MiB as JSON, too much for the clipboard.", maxClipboard / 1024 / 1024),
    save,
  );
  if (answer === save) await saveResults(run, indexes, json);
}
