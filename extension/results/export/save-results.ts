import { open } from "node:fs/promises";
import * as vscode from "vscode";
import type { Run } from "../../runs/run.js";
import { resultsCsv } from "../../../bindings/typescript/runs/csv.js";
import { resultsJson, resultsJsonLines } from "../../../bindings/typescript/runs/json.js";
import { resultsTrace } from "../../../bindings/typescript/runs/trace.js";
import { resultsJunit } from "../../../bindings/typescript/runs/junit.js";
import { t } from "../../l10n.js";

interface Format {
  label: string;
  ending: string;
  write: (run: Run, indexes: readonly number[]) => AsyncGenerator<string>;
}

export const json: Format = { label: "JSON", ending: "json", write: resultsJson };
const formats: readonly Format[] = [
  json,
  { label: "JSON Lines", ending: "jsonl", write: resultsJsonLines },
  { label: "CSV", ending: "csv", write: resultsCsv },
  {
    label: "Chrome Trace",
    ending: "json",
    write: trace,
  },
  { label: "JUnit XML", ending: "xml", write: resultsJunit },
];

function describe({ label }: Format): string {
  switch (label) {
    case "JSON":
      return t("one array of objects");
    case "JSON Lines":
      return t("an object on each line");
    case "CSV":
      return t("for a spreadsheet");
    case "JUnit XML":
      return t("for the reports of build servers");
    default:
      return t("for ui.perfetto.dev, with waits for locks and queues");
  }
}

async function* trace(run: Run, indexes: readonly number[]): AsyncGenerator<string> {
  yield* resultsTrace(run, indexes, await run.waits());
}

/** Asks the user for a format and a file, and writes all rows. */
export async function exportResults(run: Run): Promise<void> {
  const format = await vscode.window.showQuickPick(
    formats.map((each) => ({ ...each, description: describe(each) })),
    { title: t("Export Results: {0}", run.request.name) },
  );
  if (format) await saveResults(run, [...run.rows.keys()], format);
}

/** Asks the user for a file, and writes these rows. */
export async function saveResults(run: Run, indexes: readonly number[], format: Format): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    filters: { [format.label]: [format.ending] },
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, `results.${format.ending}`) } : {}),
  });
  if (!uri) return;
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: t("Saving results"), cancellable: true },
    async (_, token) => {
      const file = await open(uri.fsPath, "w");
      try {
        for await (const part of format.write(run, indexes)) {
          if (token.isCancellationRequested) return;
          await file.write(part);
        }
      } finally {
        await file.close();
      }
    },
  );
}
