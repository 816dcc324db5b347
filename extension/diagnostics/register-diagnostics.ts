import { readFileSync, statSync } from "node:fs";
import * as vscode from "vscode";
import type { Disposable } from "../connection/rpc.js";
import type { Run, Runs } from "../runs/run.js";
import { ProblemBook } from "./problem-book.js";
import type { Problem } from "./problem.js";

const severities: Record<Problem["severity"], vscode.DiagnosticSeverity> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

/**
 * Reports failures as problems of the files that they concern. For tasks, problem matchers do that. `onClear`: the user
 * cleared the problems.
 */
export function registerDiagnostics(
  runs: Runs,
  onClear: () => void,
): { book: ProblemBook; disposable: vscode.Disposable } {
  const collection = vscode.languages.createDiagnosticCollection("polyproc");
  const book = new ProblemBook(readText);
  const subscriptions = new Map<Run, Disposable>();

  const show = (files: ReadonlySet<string>) => {
    if (files.size === 0) return;
    collection.set(
      [...book.of(files)].map(([file, problems]): [vscode.Uri, vscode.Diagnostic[] | undefined] => [
        vscode.Uri.file(file),
        problems.length === 0 ? undefined : problems.map(diagnostic),
      ]),
    );
  };
  const follow = (run: Run) => {
    if (run.request.origin === "task") return;
    show(book.update(run, [...run.rows.keys()]));
    if (run.ended) return;
    const subscription = run.onDidChange((changed) => show(book.update(run, changed)));
    subscriptions.set(run, subscription);
    void run.whenEnded.then(() => {
      subscription.dispose();
      subscriptions.delete(run);
    });
  };
  for (const run of runs.all) follow(run);

  const disposable = vscode.Disposable.from(
    runs.onDidAdd(follow),
    runs.onDidChange(() => show(book.keepOnly(new Set(runs.all.map(({ id }) => id))))),
    vscode.commands.registerCommand("polyproc.clearProblems", () => {
      show(book.clear());
      onClear();
    }),
    {
      dispose: () => {
        for (const subscription of subscriptions.values()) subscription.dispose();
      },
    },
    collection,
  );
  return { book, disposable };
}

/** From the position to the end of its word; from a line's beginning to the line's end. */
function diagnostic({ file, line, column, message, severity, thrownAt }: Problem): vscode.Diagnostic {
  const document = openDocument(file);
  const start = new vscode.Position(line, column);
  const wholeLine = new vscode.Range(line, column, line, Number.MAX_SAFE_INTEGER);
  const range =
    column === 0
      ? wholeLine
      : (document?.getWordRangeAtPosition(start) ?? new vscode.Range(start, start.translate(0, 1)));
  const shown = new vscode.Diagnostic(range, message, severities[severity]);
  shown.source = "polyproc";
  if (thrownAt) {
    const place = new vscode.Location(
      vscode.Uri.file(thrownAt.file),
      new vscode.Position(thrownAt.line, thrownAt.column),
    );
    shown.relatedInformation = [new vscode.DiagnosticRelatedInformation(place, "thrown here")];
  }
  return shown;
}

function openDocument(file: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "file" && uri.fsPath === file);
}

/** Largest source in which a line is looked for. */
const maxSourceBytes = 1024 * 1024;

function readText(path: string): string | null {
  const document = openDocument(path);
  if (document) return document.getText();
  try {
    return statSync(path).size <= maxSourceBytes ? readFileSync(path, "utf8") : null;
  } catch {
    return null;
  }
}
