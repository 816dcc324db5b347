import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor, within } from "../../deadline.js";
import { activated, workspaceFile } from "./harness/extension.js";

const source = `import { existsSync, writeFileSync } from "node:fs";
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export async function task([item, mark]) {
  if (item === "fails later" && existsSync(mark)) throw new Error("it failed now");
  if (item === "quick") writeFileSync(mark, "");
  if (item === "slow") {
    // Until the other worker has had an item, and then longer than a run that needs no advice.
    while (!existsSync(mark)) await pause(20);
    await pause(3200);
  }
  return item;
}
`;

describe("history", function () {
  this.timeout(120_000);
  let api: PolyprocApi;
  const module = workspaceFile("past.mjs");
  const marks = [workspaceFile("mark-1"), workspaceFile("mark-2")] as const;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    await vscode.workspace.fs.writeFile(module, Buffer.from(source));
  });

  after(async () => {
    for (const file of [module, ...marks]) await vscode.workspace.fs.delete(file);
    for (const run of api.runs.all) await api.runs.forget(run);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("workbench.action.closePanel");
  });

  async function ran(name: string, items: string[], mark: vscode.Uri, processes = 1) {
    const run = await api.run({
      name,
      target: { module: module.fsPath, export: "task" },
      items: items.map((item) => ({ value: [item, mark.fsPath], label: item, file: null })),
      options: { processes, chunkSize: 1 },
    });
    await within(run.whenEnded, "the run's end");
    return run;
  }

  it("compares the last run with the one before", async () => {
    await ran("compared", ["good", "fails later"], marks[0]);
    await vscode.workspace.fs.writeFile(marks[0], new Uint8Array());
    const newer = await ran("compared", ["good", "fails later"], marks[0]);
    assert.equal(newer.info.failed, 1);
    const compared = vscode.commands.executeCommand("polyproc.compareRuns");
    const page = () =>
      vscode.window.visibleTextEditors.map(({ document }) => document).find(({ isUntitled }) => isUntitled);
    // Enter takes what is offered first: the last run, then the one before of the same name.
    await waitFor(
      async () => {
        if (page()) return true;
        await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
        return false;
      },
      { what: "the comparison", intervalMs: 200 },
    );
    await compared;
    assert.match(
      page()!.getText(),
      /^compared, compared with .*\n\nnewly failed: 1\n {2}fails later: .*it failed now\n/,
    );
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("says after a run that took a while which worker had nothing to do", async () => {
    await vscode.commands.executeCommand("polyproc.showOutput");
    await ran("with a long item", ["slow", "quick", "another"], marks[1], 2);
    const output = () =>
      vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === "output").map((one) => one.getText());
    await waitFor(
      () => output().some((text) => /with a long item: worker \d \(pid \d+\) is idle \d+ % of the time/.test(text)),
      { what: "the line in the output", intervalMs: 100 },
    );
  });
});
