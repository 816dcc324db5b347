import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../../extension/api.js";
import type { Row, Run } from "../../../../extension/runs/run.js";
import { waitFor, within } from "../../../deadline.js";
import type { WorkspaceProject } from "../../../projects/editor-workspace.js";
import { answerWithEnter } from "../harness/answer.js";
import { endRuns } from "../harness/end-runs.js";
import { activated } from "../harness/extension.js";

const longMs = 60_000;
const root = dirname(vscode.workspace.workspaceFile!.fsPath);
const projects = JSON.parse(readFileSync(join(root, "projects.json"), "utf8")) as WorkspaceProject[];

describe("projects", function () {
  this.timeout(2 * longMs);
  let api: PolyprocApi;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
  });

  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await endRuns(api, longMs);
  });

  /** Opens the file with the cursor in the function. */
  async function open(path: string, name: string): Promise<vscode.TextDocument> {
    const document = await vscode.workspace.openTextDocument(path);
    const at = document.positionAt(document.getText().indexOf(name));
    await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
    return document;
  }

  async function lensOf(path: string, name: string): Promise<vscode.Command | undefined> {
    const uri = vscode.Uri.file(path);
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri, 9);
    return found
      .map(({ command }) => command)
      .find((command) => command?.title === "Map over files…" && command.arguments?.[1] === name);
  }

  /** Clicks the lens "Map over files…" of an export; the items of the last time are offered first. */
  async function mapByLens(path: string, name: string): Promise<Run> {
    await open(path, name);
    const { command, arguments: given = [] } = await waitFor(() => lensOf(path, name), { what: `the lens of ${name}` });
    return answerWithEnter(api, command, ...given);
  }

  const rowOf = (run: Run, file: string): Row => run.rows.find(({ label }) => label.endsWith(`texts/${file}`))!;

  /** The run of `check` over the three files: one is done, one has failed, and one runs until it is cancelled. */
  async function checkRun(run: Run, project: WorkspaceProject, module: string, throws: string): Promise<unknown> {
    assert.deepEqual(
      run.rows.map(({ file }) => file),
      ["a.txt", "empty.txt", "wait.txt"].map((file) => join(project.folder, "texts", file)),
    );
    await waitFor(
      () =>
        rowOf(run, "a.txt").state === "done" &&
        rowOf(run, "empty.txt").state === "failed" &&
        rowOf(run, "wait.txt").state === "running",
      { what: `rows of ${module}; they are ${JSON.stringify(run.rows)}`, timeoutMs: longMs },
    );
    await vscode.commands.executeCommand("polyproc.cancelRun", run.id);
    await within(run.whenEnded, "the run's end", longMs);
    assert.deepEqual([rowOf(run, "wait.txt").state, run.info.state], ["cancelled", "cancelled"]);

    const line = lineOf(module, throws);
    const problems = (path: string) =>
      vscode.languages
        .getDiagnostics(vscode.Uri.file(path))
        .filter(({ source }) => source === "polyproc")
        .map(({ message, range }) => `${range.start.line + 1}: ${message}`);
    await waitFor(() => problems(module).length > 0, { what: `the problem of ${module}` });
    const [thrown, ...others] = problems(module);
    assert.match(thrown!, new RegExp(`^${line}: .*empty\\.txt is empty \\(for [^)]*texts/empty\\.txt\\)$`));
    assert.deepEqual(others, []);
    assert.match(problems(join(project.folder, "texts/empty.txt")).join("\n"), /^1: .*empty\.txt is empty$/m);
    assert.deepEqual(problems(join(project.folder, "texts/a.txt")), []);
    return rowOf(run, "a.txt").value;
  }

  for (const project of projects) {
    const { name, folder } = project;
    const module = join(folder, project.module);
    const beside = (file: string) => join(dirname(module), file);

    it(`${name}: TypeScript from the explorer, Python and its own function by lenses`, async () => {
      const texts = ["a.txt", "empty.txt", "wait.txt"].map((file) => vscode.Uri.file(join(folder, "texts", file)));
      await open(beside("check.ts"), "check(");
      const first = await answerWithEnter(api, "polyproc.mapOverFiles", texts[0], texts);
      assert.deepEqual(await checkRun(first, project, beside("check.ts"), "throw new RangeError"), {
        name: "a.txt",
        kind: "text",
        folder,
      });

      const python = await mapByLens(beside("check.py"), "check");
      assert.deepEqual(await checkRun(python, project, beside("check.py"), "raise ValueError"), {
        name: "a.txt",
        house: project.house,
        folder,
        python: project.environment,
      });

      const own = project.hasLens
        ? await mapByLens(module, project.export ?? "default")
        : await answerWithEnter(api, "polyproc.mapOverFiles", vscode.Uri.file(module), project.export);
      await within(own.whenEnded, "the run's end", longMs);
      assert.deepEqual(rowOf(own, "a.txt").value, project.result, JSON.stringify(rowOf(own, "a.txt").error));
    });
  }
});

function lineOf(path: string, text: string): number {
  const content = readFileSync(path, "utf8");
  return content.slice(0, content.indexOf(text)).split("\n").length;
}
