import assert from "node:assert/strict";
import * as vscode from "vscode";
import { killTool } from "../../../agents/kill-tool.js";
import { runsTool } from "../../../agents/read-tools.js";
import { mapTool } from "../../../agents/start-tools.js";
import { tools } from "../../../agents/tools.js";
import { EditorHost } from "../../../extension/agents/editor-host.js";
import { EditorTool } from "../../../extension/agents/editor-tool.js";
import type { PolyprocApi } from "../../../extension/api.js";
import { within } from "../../deadline.js";
import { endRuns } from "./harness/end-runs.js";
import { activated } from "./harness/extension.js";

describe("tools for language models", function () {
  this.timeout(120_000);
  let api: PolyprocApi;

  before(async () => {
    ({ api } = await activated<PolyprocApi>());
  });

  after(async () => {
    await endRuns(api);
  });

  /** As a chat participant calls it. The editor asks the user; in tests it takes that for a yes. */
  async function invoke(name: string, input: object): Promise<Record<string, unknown>> {
    const result = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
    const [part] = result.content as [vscode.LanguageModelTextPart];
    return JSON.parse(part.value) as Record<string, unknown>;
  }

  const prepared = (tool: (typeof tools)[number], input: object) =>
    new EditorTool(tool, new EditorHost(api)).prepareInvocation({ input });

  it("are listed in the editor", () => {
    const listed = vscode.lm.tools.map(({ name }) => name).filter((name) => name.startsWith("polyproc_"));
    assert.deepEqual(listed.sort(), tools.map(({ name }) => name).sort());
  });

  it("run a function over files, and read what came of it", async () => {
    const map = await invoke("polyproc_map", { module: "src/words.js", export: "countWords", files: ["text/*.txt"] });
    assert.equal(map["failed"], 0);
    assert.ok(Number(map["done"]) > 1);
    assert.ok(
      api.runs.all.some(({ id }) => id === map["run"]),
      "the window has the run",
    );
    const read = await invoke("polyproc_read_run", { run: map["run"], state: "done", limit: 1 });
    assert.equal((read["items"] as unknown[]).length, 1);
  });

  it("ask the user before anything runs or ends, and not for what only reads", async () => {
    const { confirmationMessages } = await prepared(mapTool, { command: ["rm", "-rf", "it's"], items: ["x"] });
    const text = (confirmationMessages!.message as vscode.MarkdownString).value;
    assert.match(text, /Run rm -rf 'it'\\''s' \{item\} for one item\?/);
    assert.equal((await prepared(runsTool, {})).confirmationMessages, undefined);
    const run = await api.run({
      name: "long",
      target: { command: "sleep", args: ["1000"] },
      items: [item],
      options: {},
    });
    const kill = await prepared(killTool, { run: run.id });
    assert.match((kill.confirmationMessages!.message as vscode.MarkdownString).value, /End the run long/);
    assert.equal(run.ended, false);
    await invoke("polyproc_kill", { run: run.id });
    await within(run.whenEnded, "the end of a run that the tool cancelled");
  });

  const item = { value: 1, label: "1", file: null };
});
