import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import type { Run, RunItem } from "../../../extension/runs/run.js";
import { waitFor, within } from "../../deadline.js";
import { answerWithEnter } from "./harness/answer.js";
import { endRuns } from "./harness/end-runs.js";
import { activated, workspaceFile } from "./harness/extension.js";
import { note } from "./harness/note.js";

const longMs = 60_000;

describe("runs", function () {
  this.timeout(2 * longMs);
  let api: PolyprocApi;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
  });

  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await endRuns(api, longMs);
  });

  const newRun = (known: ReadonlySet<Run>) => api.runs.all.find((run) => !known.has(run));
  const states = (run: Run) => [...new Set(run.rows.map(({ state }) => state))];

  function values(...given: unknown[]): RunItem[] {
    return given.map((value) => ({ value, label: String(value), file: null }));
  }

  async function lenses(path: string): Promise<string[]> {
    const uri = workspaceFile(path);
    await vscode.workspace.openTextDocument(uri);
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 100);
    return found
      .filter(({ command }) => command?.command.startsWith("polyproc."))
      .map(({ command, range }) => `${range.start.line + 1} ${command!.title} ${String(command!.arguments![1])}`);
  }

  it("offers its CodeLenses above each exported function", async () => {
    assert.deepEqual(await lenses("src/words.js"), [
      "4 $(play) Run in pool countWords",
      "4 Map over files… countWords",
      "11 $(play) Run in pool mostUsed",
      "11 Map over files… mostUsed",
    ]);
    assert.deepEqual(await lenses("text/gale.txt"), []);
  });

  it("runs a function over all files of a selection, with Enter alone from the CodeLens's command on", async () => {
    const run = await answerWithEnter(api, "polyproc.mapOverFiles", workspaceFile("src/words.js"), "countWords");
    await within(run.whenEnded, "the run's end", longMs);
    assert.equal(run.request.origin, "command");
    assert.match(run.request.name, /^countWords over \*\*\/\*$/);
    const gale = run.rows.find(({ label }) => label === "text/gale.txt")!;
    assert.equal(gale.state, "done");
    assert.equal(typeof (gale.value as { words: number }).words, "number");
  });

  it("repeats the last run without asking", async () => {
    const known = new Set(api.runs.all);
    await vscode.commands.executeCommand("polyproc.repeatLastRun");
    const run = await waitFor(() => newRun(known));
    const last = [...known].at(-1)!;
    assert.deepEqual([run.request.name, run.request.target], [last.request.name, last.request.target]);
    await within(run.whenEnded, "the run's end", longMs);
  });

  it("shows failures as problems of their files, until the same function succeeds", async () => {
    const uri = workspaceFile("tables/runs-test.csv");
    writeFileSync(uri.fsPath, "a,b\n1,2\n1,x\n");
    const request = {
      name: "check",
      target: { module: workspaceFile("src/check.js").fsPath, export: "checkTable" },
      items: [{ value: uri.fsPath, label: "runs-test.csv", file: uri.fsPath }],
      options: {},
    };
    const problems = () => vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "polyproc");
    const failed = await api.run(request);
    await within(failed.whenEnded, "the run's end", longMs);
    assert.deepEqual(states(failed), ["failed"]);
    const [problem] = await waitFor(() => problems().length > 0 && problems());
    assert.deepEqual(
      [problem!.range.start.line, problem!.message, problem!.severity],
      [2, '"x" is not a number', vscode.DiagnosticSeverity.Error],
    );

    writeFileSync(uri.fsPath, "a,b\n1,2\n1,3\n");
    const known = new Set(api.runs.all);
    await vscode.commands.executeCommand("polyproc.rerunFailed", failed.id);
    const again = await waitFor(() => newRun(known));
    await within(again.whenEnded, "the run's end", longMs);
    assert.deepEqual(states(again), ["done"]);
    await waitFor(() => problems().length === 0, { what: "the problem to go" });
    await vscode.workspace.fs.delete(uri);
  });

  it("saves what was edited before it runs", async () => {
    const uri = workspaceFile("src/runs-test.js");
    writeFileSync(uri.fsPath, "export const answer = () => 1;\n");
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(0, 28, 0, 29), "2");
    await vscode.workspace.applyEdit(edit);
    assert.equal(document.isDirty, true);
    const run = await answerWithEnter(api, "polyproc.runInPool", uri, "answer");
    await within(run.whenEnded, "the run's end", longMs);
    assert.equal(document.isDirty, false);
    assert.ok(
      run.rows.every(({ value }) => value === 2),
      JSON.stringify(run.rows[0]),
    );
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    await vscode.workspace.fs.delete(uri);
  });

  it("streams results and output into its channel, each line marked with its item", async () => {
    await vscode.commands.executeCommand("polyproc.showOutput");
    const run = await api.run({
      name: "shout",
      target: { command: "sh", args: ["-c", 'echo "a word: $1"', "sh", "{item}"] },
      items: values("one", "two"),
      options: {},
    });
    await within(run.whenEnded, "the run's end", longMs);
    const text = await waitFor(
      () => {
        const shown = vscode.workspace.textDocuments
          .filter(({ uri }) => uri.scheme === "output")
          .map((document) => document.getText());
        return shown.find((one) => one.includes("■ shout: 2 done"));
      },
      { what: "the channel's text" },
    );
    for (const line of ["▶ shout: 2 items", "[one] a word: one", "[two] a word: two", "[two] ✔ done"])
      assert.ok(text.includes(line), `${line} in ${text}`);
  });

  it("cancels a run, with what its processes have started", async () => {
    const run = await api.run({
      name: "sleepers",
      target: { command: "sh", args: ["-c", "sleep 1000 & wait"] },
      items: values(1, 2, 3),
      options: { processes: 2 },
    });
    await waitFor(() => run.rows.filter(({ state }) => state === "running").length === 2, { what: "two that run" });
    await vscode.commands.executeCommand("polyproc.cancelRun", run.id);
    await within(run.whenEnded, "the run's end", longMs);
    assert.deepEqual([states(run), run.info.state], [["cancelled"], "cancelled"]);
  });

  it("a target that does not exist fails with a reason that says what to check", async () => {
    const run = await api.run({
      name: "nothing",
      target: { module: workspaceFile("src/none.js").fsPath },
      items: values(1),
      options: {},
    });
    await within(run.whenEnded, "the run's end", longMs);
    assert.match(run.rows[0]!.error!.message, /does not exist/);
  });

  it("keeps the window responsive with 10,000 items, and with 50 MB of output", async () => {
    const module = workspaceFile("src/runs-twice.js");
    writeFileSync(module.fsPath, "export const twice = (n) => n * 2;\n");
    const many = async () => {
      const run = await api.run({
        name: "many",
        target: { module: module.fsPath, export: "twice" },
        items: values(...Array.from({ length: 10_000 }, (_, n) => n)),
        options: {},
      });
      await within(run.whenEnded, "the run's end", longMs);
      assert.ok(run.rows.every(({ value, index }) => value === index * 2));
    };
    const flood = async () => {
      const run = await api.run({
        name: "flood",
        target: { command: "sh", args: ["-c", "yes 0123456789012345678901234567890123456789 | head -c 50000000"] },
        items: values("flood"),
        options: {},
      });
      await within(run.whenEnded, "the run's end", longMs);
      assert.deepEqual(states(run), ["done"]);
    };
    for (const [what, work] of [
      ["10,000 items", many],
      ["a flood of 50 MB", flood],
    ] as const) {
      const delays = monitorEventLoopDelay({ resolution: 5 });
      const began = performance.now();
      delays.enable();
      await work();
      delays.disable();
      // What the timer itself adds is no delay.
      note(
        `${what}: ${Math.round(performance.now() - began)} ms; event loop of the extension host held up ` +
          `${(delays.percentile(99) / 1e6 - 5).toFixed(1)} ms at the 99th percentile, ` +
          `${(delays.max / 1e6 - 5).toFixed(1)} ms at most`,
      );
    }
    await vscode.workspace.fs.delete(module);
  });
});
