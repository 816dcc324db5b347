import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import * as vscode from "vscode";
import type { PolyprocApi } from "../../../extension/api.js";
import { waitFor, within } from "../../deadline.js";
import { bigRun, writeBigModule } from "../runs/big-run.js";
import { activated, workspaceFile } from "./harness/extension.js";
import { note } from "./harness/note.js";
import { retained, settledMemory } from "./harness/retained.js";

const mib = 1024 * 1024;
const runCount = 14;

describe("memory", function () {
  this.timeout(240_000);

  it(`of ${runCount} runs of 10,000 items stays within 100 MiB, and is free when they are forgotten`, async () => {
    const { api } = await activated<PolyprocApi>();
    const folder = workspaceFile("generated/big.mjs").fsPath;
    mkdirSync(dirname(folder), { recursive: true });
    const module = writeBigModule(dirname(folder));
    // In a function of its own: the frame of the test would keep the last run.
    const runAll = async (names: readonly string[]) => {
      for (const name of names) {
        const run = await api.run(bigRun(module, name));
        await within(run.whenEnded, "the run's end");
        assert.ok(run.rows.every(({ state }) => state === "done"));
      }
    };
    const forgetAll = async () => {
      await vscode.commands.executeCommand("polyproc.clearHistory");
      await waitFor(() => api.runs.all.length === 0, { what: "an empty history" });
    };
    // What is loaded with the first run stays.
    await runAll(["first"]);
    await forgetAll();
    const before = await settledMemory({ intervalMs: 300 });
    const rssBefore = process.memoryUsage.rss() / mib;
    await runAll(Array.from({ length: runCount }, (_, n) => `big-${n}`));
    assert.ok(api.runs.all.length < runCount, "the oldest have made way");
    const kept = retained() - before;
    const rss = process.memoryUsage.rss() / mib - rssBefore;
    await forgetAll();
    let left = Infinity;
    await waitFor(() => (left = retained() - before) < 10, {
      what: `the memory of forgotten runs to be free; ${left.toFixed(1)} MiB are left`,
      intervalMs: 200,
    });
    note(
      `${runCount} runs of 10,000 items: the extension host retains ${kept.toFixed(0)} MiB, and ` +
        `${left.toFixed(1)} MiB when they are forgotten; its resident memory has grown by ${rss.toFixed(0)} MiB`,
    );
    assert.ok(kept < 100, `${kept.toFixed(1)} MiB`);
    await vscode.workspace.fs.delete(vscode.Uri.file(dirname(folder)), { recursive: true });
  });
});
