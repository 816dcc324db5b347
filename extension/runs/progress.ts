import * as vscode from "vscode";
import { oneLine } from "../../protocol/one-line.js";
import { progressText } from "../../protocol/progress.js";
import { failureOfAll, failureText } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, Run } from "./run.js";

/** A run that is over sooner needs no notification. */
const delayMs = 500;
/** The end of a longer run is reported even if all items succeeded: the user has turned to other work. */
const longMs = 10_000;

/** Shows how far the run is, with a button to cancel it, and at the end what there is to do. */
export async function showProgress(run: Run): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slow = new Promise<"slow">((resolve) => (timer = setTimeout(() => resolve("slow"), delayMs)));
  const first = await Promise.race([run.whenEnded, slow]);
  clearTimeout(timer);
  if (first === "slow")
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: run.request.name, cancellable: true },
      (progress, token) => report(run, progress, token),
    );
  await tellEnd(run);
}

async function report(
  run: Run,
  progress: vscode.Progress<{ message: string; increment: number }>,
  token: vscode.CancellationToken,
): Promise<void> {
  let shown = 0;
  let stopping = false;
  /** Running items that say how far they are. */
  const reports = new Map<number, Row>();
  const note = (changed: readonly number[]) => {
    for (const index of changed) {
      const row = run.rows[index];
      if (row?.state === "running" && row.progress) reports.set(index, row);
      else reports.delete(index);
    }
    tell();
  };
  const tell = () => {
    const { total, done, failed, cancelled } = run.info;
    const settled = done + failed + cancelled;
    const parts = [...reports.values()].reduce((sum, { progress }) => sum + (progress?.fraction ?? 0), 0);
    // A retry takes an item's part back. A bar does not go back.
    const now = Math.max(shown, settled + parts);
    const message =
      `${settled.toLocaleString()} of ${total.toLocaleString()}` +
      `${failed > 0 ? `, ${failed.toLocaleString()} failed` : ""}${stopping ? ", stopping…" : ""}` +
      reportText(reports.values().next().value);
    progress.report({ message, increment: total === 0 ? 0 : ((now - shown) / total) * 100 });
    shown = now;
  };
  tell();
  const changes = run.onDidChange(note);
  const cancellation = token.onCancellationRequested(() => {
    stopping = true;
    tell();
    run
      .cancel()
      .catch(
        (error: unknown) =>
          void vscode.window.showErrorMessage(
            `The run could not be cancelled: ${error instanceof Error ? error.message : String(error)}`,
          ),
      );
  });
  await run.whenEnded;
  changes.dispose();
  cancellation.dispose();
}

/** `: a.tif 45 %  compressing`, of the item that has said so for the longest time. */
function reportText(row: Row | undefined): string {
  return row?.progress ? `: ${oneLine(`${row.label} ${progressText(row.progress)}`).slice(0, 80)}` : "";
}

async function tellEnd(run: Run): Promise<void> {
  // The watcher of the server reports its end.
  if (run.lost) return;
  const { name } = run.request;
  const { failed, total, done, state, startedAt, endedAt } = run.info;
  const results = "Show Results";
  const output = "Show Output";
  const again = "Re-run Failed";
  const reason = failureOfAll(run);
  if (reason) act(run, await vscode.window.showErrorMessage(`${name}: ${failureText(reason)}`, results, output));
  else if (failed > 0) {
    const halted = state === "halted" ? ", and the rest was left" : "";
    act(
      run,
      await vscode.window.showWarningMessage(
        `${name}: ${failed.toLocaleString()} of ${total.toLocaleString()} failed${halted}.`,
        results,
        output,
        again,
      ),
    );
  } else if (state === "running" || state === "done") {
    const message = `${name}: ${done.toLocaleString()} done`;
    if ((endedAt ?? Date.now()) - startedAt < longMs) vscode.window.setStatusBarMessage(`$(pass) ${message}`, 5000);
    else act(run, await vscode.window.showInformationMessage(`${message}.`, results, output));
  } else
    vscode.window.setStatusBarMessage(
      `$(circle-slash) ${name}: cancelled, ${done.toLocaleString()} of ${total.toLocaleString()} done`,
      5000,
    );
}

function act(run: Run, choice: string | undefined): void {
  const commands: Record<string, string> = {
    "Show Results": "polyproc.showResults",
    "Show Output": "polyproc.showOutput",
    "Re-run Failed": "polyproc.rerunFailed",
  };
  const command = choice === undefined ? undefined : commands[choice];
  if (command !== undefined) void vscode.commands.executeCommand(command, run.id);
}
