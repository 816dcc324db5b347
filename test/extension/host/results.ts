import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import type { Run } from "../../../extension/runs/run.js";
import { waitFor, within } from "../../deadline.js";
import { activated, workspaceFile } from "./harness/extension.js";

describe("results", () => {
  let api: PolyprocApi;
  let run: Run;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    const items = ["README.md", "not-there.md"].map((label) => ({
      value: workspaceFile(label).fsPath,
      label,
      file: workspaceFile(label).fsPath,
    }));
    run = await api.run({
      name: "results in the host",
      target: { module: workspaceFile("src/words.js").fsPath, export: "countWords" },
      items,
      options: {},
    });
    await within(run.whenEnded, "the run's end");
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await api.runs.forget(run);
  });

  const panels = () =>
    vscode.window.tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith("polyproc.results"));

  it("are shown in one panel for each run, named after it", async () => {
    await vscode.commands.executeCommand("polyproc.showResults", run.id);
    await waitFor(() => panels().length === 1 && panels()[0]!.isActive, { what: "the panel" });
    assert.equal(panels()[0]!.label, "results in the host");
    await vscode.commands.executeCommand("vscode.open", workspaceFile("README.md"));
    await waitFor(() => vscode.window.activeTextEditor);
    await vscode.commands.executeCommand("polyproc.showTimeline", run.id);
    await waitFor(() => panels()[0]?.isActive, { what: "the same panel" });
    assert.equal(panels().length, 1);
  });

  it("are copied as JSON", async () => {
    await vscode.commands.executeCommand("polyproc.copyResults", run.id);
    const copied = JSON.parse(await vscode.env.clipboard.readText()) as {
      label: string;
      state: string;
      result?: { words: number };
      error?: { code: string };
    }[];
    assert.deepEqual(
      copied.map(({ label, state }) => `${label} ${state}`),
      ["README.md done", "not-there.md failed"],
    );
    assert.ok(copied[0]!.result!.words > 0);
    assert.equal(copied[1]!.error!.code, "TaskFailed");
  });

  it("are opened whole, to be read", async () => {
    const uri = vscode.Uri.from({
      scheme: "polyproc-result",
      path: "/README.json",
      query: new URLSearchParams({ run: run.id, index: "0", what: "value" }).toString(),
    });
    const document = await vscode.workspace.openTextDocument(uri);
    assert.deepEqual(JSON.parse(document.getText()), run.rows[0]!.value);
    const unknown = await vscode.workspace.openTextDocument(uri.with({ query: "run=run:9.9&index=0&what=value" }));
    assert.match(unknown.getText(), /no longer known/);
  });

  it("that are gone are not shown, without an error", async () => {
    const before = panels().length;
    // The message that says so stays until the user closes it.
    void vscode.commands.executeCommand("polyproc.showResults", "run:9.9");
    await vscode.commands.executeCommand("polyproc.showResults", run.id);
    assert.equal(panels().length, before);
  });
});
