import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor, within } from "../../deadline.js";
import { answerWithEnter } from "./harness/answer.js";
import { activated, workspaceFile } from "./harness/extension.js";

describe("notebook", () => {
  let api: PolyprocApi;
  const file = workspaceFile("lists.ipynb");
  const texts = [workspaceFile("text/arrival.txt").fsPath, workspaceFile("text/yard.txt").fsPath];

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    const source = [`texts = ${JSON.stringify(texts)}`, "\n", "computed = [len(texts)]"];
    const cell = { cell_type: "code", metadata: {}, source, outputs: [], execution_count: null };
    const notebook = {
      cells: [cell],
      metadata: { language_info: { name: "python" } },
      nbformat: 4,
      nbformat_minor: 5,
    };
    await vscode.workspace.fs.writeFile(file, Buffer.from(JSON.stringify(notebook)));
  });

  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.workspace.fs.delete(file);
    for (const run of api.runs.all) await api.runs.forget(run);
  });

  it("has a lens above a list, which maps a function over it", async () => {
    const notebook = await vscode.workspace.openNotebookDocument(file);
    await vscode.window.showNotebookDocument(notebook);
    const { uri } = notebook.cellAt(0).document;
    const lens = await waitFor(
      async () => {
        const all = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 10);
        const ours = all.filter(({ command }) => command?.command === "polyproc.mapOverValues");
        return ours.length === 1 && ours[0];
      },
      { what: "the lens of the list", intervalMs: 100 },
    );
    assert.equal(lens.command!.title, "$(play) Map over texts (2)…");

    // The function of the last run is offered first.
    const before = await answerWithEnter(api, "polyproc.mapOverFiles", workspaceFile("src/words.js"), "countWords");
    await within(before.whenEnded, "the end of the run before");
    const run = await answerWithEnter(api, lens.command!.command, ...lens.command!.arguments!);
    await within(run.whenEnded, "the end of the run");
    assert.deepEqual(
      run.rows.map(({ label, state }) => [label, state]),
      texts.map((text) => [text, "done"]),
    );
  });
});
