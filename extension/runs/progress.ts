import * as vscode from "vscode";
import { oneLine } from "../../protocol/one-line.js";
import { progressText } from "../../protocol/progress.js";
import { failureOfAll, failureText } from "../../bindings/typescript/runs/failure-text.js";
import type { Row, Run } from "./run.js";
import { t } from "../l10n.js";

/** A run that is over sooner needs no notification. */
const delayMs = 500;
/** The end of a longer run is reported even if all items succeeded: the user has turned to other work. */
const longMs = 10_000;

/** Shows the run's progress, with a button to cancel it. At the end, a message offers what can be done next. */
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
    const { total, done, failed, cancelled, cached = 0 } = run.info;
    const settled = done + failed + cancelled;
    const parts = [...reports.values()].reduce((sum, { progress }) => sum + (progress?.fraction ?? 0), 0);
    // A retry takes an item's part back. A bar does not go back.
    const now = Math.max(shown, settled + parts);
    const message =
      [
        t("{0} of {1}", settled.toLocaleString(), total.toLocaleString()),
        ...(cached > 0 ? [t("{0} replayed", cached.toLocaleString())] : []),
        ...(failed > 0 ? [t("{0} failed", failed.toLocaleString())] : []),
        ...(stopping ? [t("stopping…")] : []),
      ].join(", ") + reportText(reports.values().next().value);
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
            t("The run could not be cancelled: {0}", error instanceof Error ? error.message : String(error)),
          ),
      );
  });
  await run.whenEnded;
  changes.dispose();
  cancellation.dispose();
}

/** `: a.tif 45 %  compressing`, for the running item that has reported progress for the longest time. */
function reportText(row: Row | undefined): string {
  return row?.progress ? `: ${oneLine(`${row.label} ${progressText(row.progress)}`).slice(0, 80)}` : "";
}

async function tellEnd(run: Run): Promise<void> {
  // The watcher of the server reports its end.
  if (run.lost) return;
  const { name } = run.request;
  const { failed, total, done, cached = 0, state, startedAt, endedAt } = run.info;
  const [results, output, again] = [t("Show Results"), t("Show Output"), t("Re-run Failed")];
  const reason = failureOfAll(run);
  if (reason) act(run, await vscode.window.showErrorMessage(`${name}: ${failureText(reason)}`, results, output));
  else if (failed > 0) {
    act(
      run,
      await vscode.window.showWarningMessage(
        state === "halted"
          ? t("{0}: {1} of {2} failed, and the rest was left.", name, failed.toLocaleString(), total.toLocaleString())
          : t("{0}: {1} of {2} failed.", name, failed.toLocaleString(), total.toLocaleString()),
        results,
        output,
        again,
      ),
    );
  } else if (state === "running" || state === "done") {
    const replayed = cached > 0 ? `, ${t("{0} replayed", cached.toLocaleString())}` : "";
    const message = t("{0}: {1} done", name, done.toLocaleString()) + replayed;
    if ((endedAt ?? Date.now()) - startedAt < longMs) vscode.window.setStatusBarMessage(`$(pass) ${message}`, 5000);
    else act(run, await vscode.window.showInformationMessage(`${message}.`, results, output));
  } else
    vscode.window.setStatusBarMessage(
      `$(circle-slash) ${t("{0}: cancelled, {1} of {2} done", name, done.toLocaleString(), total.toLocaleString())}`,
      5000,
    );
}

function act(run: Run, choice: string | undefined): void {
  const commands: Record<string, string> = {
    [t("Show Results")]: "polyproc.showResults",
    [t("Show Output")]: "polyproc.showOutput",
    [t("Re-run Failed")]: "polyproc.rerunFailed",
  };
  const command = choice === undefined ? undefined : commands[choice];
  if (command !== undefined) void vscode.commands.executeCommand(command, run.id);
}
