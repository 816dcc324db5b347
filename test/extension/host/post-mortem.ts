import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor, within } from "../../deadline.js";
import { activated, workspaceFile } from "./harness/extension.js";

const crash = `export function task(item) {
  console.error("the last words");
  if (item === "bad") process.kill(process.pid, "SIGKILL");
  if (item === "large") for (const all = []; ; ) all.push(new Array(100_000).fill(all.length));
  return item;
}
`;

describe("post-mortem", () => {
  let api: PolyprocApi;
  const module = workspaceFile("crash.mjs");

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    await vscode.workspace.fs.writeFile(module, Buffer.from(crash));
  });

  after(async () => {
    await vscode.workspace.fs.delete(module);
    for (const run of api.runs.all) await api.runs.forget(run);
    api.model.dismissEnded();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("a crashed worker's page says what killed it and what it wrote, and runs its item again", async () => {
    const run = await api.run({
      name: "crashes",
      target: { module: module.fsPath, export: "task" },
      items: ["good", "bad"].map((value) => ({ value, label: value, file: null })),
      options: { processes: 1 },
    });
    await within(run.whenEnded, "the run's end");
    const { pid } = run.rows[1]!;
    const worker = await waitFor(() =>
      [...api.model.processes.values()].find((one) => one.pid === pid && one.state === "exited"),
    );
    await vscode.commands.executeCommand("polyproc.showWhyEnded", worker.process);
    const { document } = vscode.window.activeTextEditor!;
    const text = document.getText();
    assert.match(text, /Signal +SIGKILL\n/);
    assert.match(text, /Target +crashes\nItem +bad\n/);
    if (process.platform === "linux") assert.match(text, /Meaning +Killed by another program: memory had not run out/);
    assert.match(text, /on stderr:\n\n(?: {4}the last words\n)+/);
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      "vscode.executeCodeLensProvider",
      document.uri,
      10,
    );
    assert.deepEqual(
      lenses.map(({ command }) => command!.title),
      ["Run bad again", "Debug bad", "Show in the results"],
    );
    const known = new Set(api.runs.all);
    const { command } = lenses[0]!;
    await vscode.commands.executeCommand(command!.command, ...command!.arguments!);
    const again = await waitFor(() => api.runs.all.find((one) => !known.has(one)), { what: "the run of the item" });
    await within(again.whenEnded, "its end");
    assert.deepEqual(
      again.rows.map(({ label, state }) => [label, state]),
      [["bad", "failed"]],
    );
  });

  it("the page of a worker whose heap was full says so", async () => {
    const run = await api.run({
      name: "grows",
      target: { module: module.fsPath, export: "task" },
      env: { NODE_OPTIONS: "--max-old-space-size=64" },
      items: [{ value: "large", label: "large", file: null }],
      options: { processes: 1 },
    });
    await within(run.whenEnded, "the run's end", 120_000);
    const { pid } = run.rows[0]!;
    const worker = await waitFor(() =>
      [...api.model.processes.values()].find((one) => one.pid === pid && one.state === "exited"),
    );
    await vscode.commands.executeCommand("polyproc.showWhyEnded", worker.process);
    const text = vscode.window.activeTextEditor!.document.getText();
    assert.match(text, /Meaning +The heap of Node reached its limit: raise --max-old-space-size/);
    assert.match(text, /JavaScript heap out of memory/);
  });
});
