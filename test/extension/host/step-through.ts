import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor, within } from "../../deadline.js";
import { endRuns } from "./harness/end-runs.js";
import { activated, workspaceFile } from "./harness/extension.js";

const longMs = 120_000;

interface Stop {
  session: vscode.DebugSession;
  threadId: number;
}

describe("debugging", function () {
  this.timeout(3 * longMs);
  let api: PolyprocApi;
  const stops: Stop[] = [];
  let tracker: vscode.Disposable;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
    tracker = vscode.debug.registerDebugAdapterTrackerFactory("*", {
      createDebugAdapterTracker: (session) => ({
        onDidSendMessage({ event, body }: { event?: string; body?: { threadId?: number } }) {
          if (event === "stopped") stops.push({ session, threadId: body?.threadId ?? 0 });
        },
      }),
    });
  });

  after(async () => {
    tracker.dispose();
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    await vscode.debug.stopDebugging();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await endRuns(api, longMs);
  });

  it("runs a failed item again, alone and in the debugger, which stops at the function's breakpoint", async () => {
    const table = workspaceFile("tables/debug-test.csv");
    writeFileSync(table.fsPath, "a,b\n1,2\n1,x\n");
    const module = workspaceFile("src/check.js");
    const target = { module: module.fsPath, export: "checkTable" };
    const items = [workspaceFile("tables/april.csv"), table].map(({ fsPath }) => ({
      value: fsPath,
      label: fsPath.slice(fsPath.lastIndexOf("/") + 1),
      file: fsPath,
    }));
    const failed = await api.run({
      name: "check",
      target,
      items,
      env: { COLOUR: "blue" },
      options: { timeoutMs: 100_000 },
    });
    await within(failed.whenEnded, "the run's end", longMs);
    const { index } = failed.rows.find(({ file }) => file === table.fsPath)!;
    assert.equal(failed.rows[index]!.state, "failed");

    // The problem offers it, and so does a lens above the function.
    const problem = await waitFor(
      () => vscode.languages.getDiagnostics(table).find(({ source }) => source === "polyproc"),
      { timeoutMs: longMs },
    );
    const document = await vscode.workspace.openTextDocument(table);
    const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      problem.range,
    );
    const action = actions.find(({ title }) => title === 'Debug item "debug-test.csv"');
    assert.deepEqual(action?.command?.arguments, [failed.id, index]);
    await vscode.workspace.openTextDocument(module);
    await waitFor(
      async () => {
        const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
          "vscode.executeCodeLensProvider",
          module,
          100,
        );
        return lenses.some(({ command }) => command?.title.startsWith("$(debug-alt) Debug "));
      },
      { what: "the lens", timeoutMs: longMs },
    );

    const lines = readFileSync(module.fsPath, "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes("function checkTable")) + 1;
    vscode.debug.addBreakpoints([
      new vscode.SourceBreakpoint(new vscode.Location(module, new vscode.Position(line, 0))),
    ]);
    const known = new Set(api.runs.all);
    const started = vscode.commands.executeCommand<boolean>("polyproc.debugItem", ...action!.command!.arguments!);
    const { session, threadId } = await waitFor(() => stops[0], { what: "the stop", timeoutMs: longMs });
    assert.equal(await started, true);
    const { stackFrames } = (await session.customRequest("stackTrace", { threadId })) as {
      stackFrames: { id: number; name: string; line: number; source?: { path?: string } }[];
    };
    const frame = stackFrames[0]!;
    assert.ok(frame.source?.path?.endsWith(module.fsPath), frame.source?.path);
    assert.match(frame.name, /checkTable/);
    const evaluate = async (expression: string) =>
      ((await session.customRequest("evaluate", { expression, frameId: frame.id })) as { result: string }).result;
    assert.match(await evaluate("process.env.COLOUR"), /blue/);
    assert.equal(await evaluate("String(process.env.POLYPROC_DEBUG)"), "'undefined'");
    await session.customRequest("continue", { threadId });

    const again = await waitFor(() => api.runs.all.find((run) => !known.has(run)), { timeoutMs: longMs });
    await within(again.whenEnded, "the end of the item", longMs);
    assert.deepEqual(
      again.rows.map(({ label, state }) => [label, state]),
      [["debug-test.csv", "failed"]],
    );
    assert.equal(again.rows[0]!.error!.message, failed.rows[index]!.error!.message);
    // What is run again later has no debugger.
    const later = await api.runs.again(again);
    await within(later.whenEnded, "the end of the later run", longMs);
    assert.equal(later.request.env?.["COLOUR"], "blue");
  });
});
