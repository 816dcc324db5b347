import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import type { Run } from "../../../extension/runs/run.js";
import { waitFor, within } from "../../deadline.js";
import { endRuns } from "./harness/end-runs.js";
import { activated, workspaceFile } from "./harness/extension.js";

const patienceMs = 120_000;

describe("testing", function () {
  this.timeout(4 * patienceMs);
  let api: PolyprocApi;
  const tasksFile = workspaceFile(".vscode/tasks.json").fsPath;
  const original = readFileSync(tasksFile, "utf8");
  const good = workspaceFile("tables/testing-good.csv");
  const bad = workspaceFile("tables/testing-bad.csv");

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    writeFileSync(good.fsPath, "a,b\n1,2\n");
    writeFileSync(bad.fsPath, "a,b\n1,x\n");
    const task = {
      label: "Check for tests",
      type: "polyproc",
      module: "src/check.js",
      export: "checkTable",
      items: { glob: "tables/testing-*.csv" },
    };
    writeFileSync(tasksFile, JSON.stringify({ version: "2.0.0", tasks: [task] }));
  });

  after(async () => {
    writeFileSync(tasksFile, original);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await endRuns(api, patienceMs);
  });

  const known = new Set<Run>();
  /** The next run of the saved task, when it has ended: its items and their states. */
  async function nextRun(what: string): Promise<string[]> {
    const run = await waitFor(
      () => api.runs.all.find((one) => one.request.name === "Check for tests" && !known.has(one)),
      { what, timeoutMs: patienceMs },
    );
    known.add(run);
    await within(run.whenEnded, `the end of ${what}`, patienceMs);
    return run.rows.map(({ label, state }) => `${label} ${state}`).toSorted();
  }

  it("runs saved tasks as tests, one for each item; failed ones again alone; at a save those of the file", async () => {
    await waitFor(
      () =>
        JSON.stringify(vscode.workspace.getConfiguration("tasks", good).get("tasks") ?? []).includes("Check for tests"),
      { what: "the new tasks.json", timeoutMs: patienceMs },
    );
    await vscode.commands.executeCommand("workbench.view.testing.focus");
    // The view hears of tests a moment after the extension has made them.
    const ran = nextRun("the run of all tests");
    await waitFor(
      async () => {
        await vscode.commands.executeCommand("testing.runAll");
        return api.runs.all.some((run) => run.request.name === "Check for tests");
      },
      { what: "tests in the view", timeoutMs: patienceMs },
    );
    assert.deepEqual(await ran, ["tables/testing-bad.csv failed", "tables/testing-good.csv done"]);

    // The editor knows each item's state.
    await vscode.commands.executeCommand("testing.reRunFailTests");
    assert.deepEqual(await nextRun("the run of failed tests"), ["tables/testing-bad.csv failed"]);

    // With coverage: the workers are told where to write it.
    await vscode.commands.executeCommand("testing.coverageAll");
    const both = ["tables/testing-bad.csv failed", "tables/testing-good.csv done"];
    assert.deepEqual(await nextRun("the run with coverage"), both);
    assert.match(api.runs.all.at(-1)!.request.env!["NODE_V8_COVERAGE"]!, /polyproc-coverage-/);

    // The first failure runs again, alone and in the debugger.
    await vscode.commands.executeCommand("testing.debugAll");
    assert.deepEqual(await nextRun("the run before the debugger"), both);
    const debugged = await waitFor(
      () => api.runs.all.find(({ request }) => request.name === "Debug tables/testing-bad.csv"),
      { what: "the run in the debugger", timeoutMs: patienceMs },
    );
    await within(debugged.whenEnded, "the end of the run in the debugger", patienceMs);
    assert.equal(debugged.rows[0]!.state, "failed");

    const stopWatching = () => vscode.commands.executeCommand("testing.stopContinuousRun");
    await vscode.commands.executeCommand("testing.startContinuousRun");
    try {
      const document = await vscode.workspace.openTextDocument(good);
      const append = new vscode.WorkspaceEdit();
      append.insert(good, document.positionAt(document.getText().length), "3,4\n");
      await vscode.workspace.applyEdit(append);
      await document.save();
      assert.deepEqual(await nextRun("the run after a save"), ["tables/testing-good.csv done"]);
    } finally {
      await stopWatching();
    }
  });
});
