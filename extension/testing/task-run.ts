import * as vscode from "vscode";
import { failureStack, failureText } from "../../bindings/typescript/runs/failure-text.js";
import { findProblems } from "../diagnostics/find-problems.js";
import { isSettled } from "../runs/row.js";
import type { Row, Run, RunRequest, Runs } from "../runs/run.js";

/** One run of a saved task, shown in a test run: each item that has a test reports its state there. */
export class TaskTestRun {
  readonly #run: Run;
  readonly #tests: vscode.TestRun;
  /** By index; undefined for items beyond those that are shown. */
  readonly #items: readonly (vscode.TestItem | undefined)[];
  readonly #told = new Set<number>();

  private constructor(run: Run, tests: vscode.TestRun, items: readonly (vscode.TestItem | undefined)[]) {
    this.#run = run;
    this.#tests = tests;
    this.#items = items;
  }

  /** Starts the run and follows it to its end; resolves to it. */
  static async follow(
    runs: Runs,
    request: RunRequest,
    tests: vscode.TestRun,
    items: readonly (vscode.TestItem | undefined)[],
    token: vscode.CancellationToken,
  ): Promise<Run> {
    for (const item of items) if (item) tests.enqueued(item);
    const run = await runs.start(request);
    const one = new TaskTestRun(run, tests, items);
    const subscriptions = [
      run.onDidChange((changed) => one.#changed(changed)),
      run.onOutput((index, lines) => {
        for (const { text } of lines) tests.appendOutput(`${text}\r\n`, undefined, items[index]);
      }),
      token.onCancellationRequested(() => void run.cancel()),
    ];
    if (token.isCancellationRequested) void run.cancel();
    await run.whenEnded;
    for (const subscription of subscriptions) subscription.dispose();
    one.#changed(run.rows.keys());
    return run;
  }

  #changed(indexes: Iterable<number>): void {
    for (const index of indexes) {
      const item = this.#items[index];
      const row = this.#run.rows[index];
      if (!item || !row || this.#told.has(index)) continue;
      if (row.state === "running") this.#tests.started(item);
      if (!isSettled(row)) continue;
      this.#told.add(index);
      const ms = row.ms ?? undefined;
      if (row.state === "done") this.#tests.passed(item, ms);
      else if (row.state === "failed") this.#tests.failed(item, this.#message(row), ms);
      else this.#tests.skipped(item);
    }
  }

  /** At the place in the item's file that the error names, or at the line that threw. */
  #message(row: Row): vscode.TestMessage {
    const { error } = row;
    if (!error) return new vscode.TestMessage("It failed.");
    const message = new vscode.TestMessage(failureStack(error) ?? failureText(error));
    const { problems, thrownAt } = findProblems(row, this.#run.request);
    const place = problems[0] ?? thrownAt;
    if (place) {
      const position = new vscode.Position(place.line, place.column);
      message.location = new vscode.Location(vscode.Uri.file(place.file), position);
    }
    return message;
  }
}
