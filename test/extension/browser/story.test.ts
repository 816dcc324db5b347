import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { waitFor } from "../../deadline.js";
import { root } from "../../fixture.js";
import { openWorkbench, pictureThemes } from "./harness.js";
import type { Workbench } from "./workbench.js";
import { needsWindow } from "../../vscode/needs-editor.js";

const children = "Active Children";
const deadline = { timeoutMs: 60_000, intervalMs: 100 };
/**
 * The chapters that wait for approval, so that the run stays as it is while it is looked at. Fewer than there are
 * workers: nothing waits behind them.
 */
const waiting = ["undertow", "voyage", "yard"];

/** Puts a function into the workspace's repository that runs over its texts, and a script that runs over its tables. */
async function prepare(workbench: Workbench): Promise<string> {
  const folder = workbench.folder!;
  copyFileSync(join(root, "test/extension/browser/fixtures/proofread.js"), join(folder, "src/proofread.js"));
  writeFileSync(join(folder, "src/archive.sh"), 'until [ -e approved ]; do sleep 0.1; done\ngzip -9 -k "$1"\n');
  for (const args of [
    ["add", "--all"],
    ["-c", "user.name=Example", "-c", "user.email=example@example.org", "commit", "--quiet", "--message=Proofread"],
  ]) {
    await promisify(execFile)("git", args, { cwd: folder });
  }
  return folder;
}

const rowOf = (workbench: Workbench, chapter: string) =>
  workbench.waitForRow(children, ({ label }) => label.endsWith(`runs text/${chapter}.txt`), chapter);

for (const theme of pictureThemes) {
  test(
    `a run over files: started by a CodeLens, shown in every view, ended in part, there after a reload (${theme})`,
    needsWindow(),
    async (t) => {
      const workbench = await openWorkbench(t, {
        theme,
        settings: {
          "polyproc.run.processes": 4,
          "terminal.integrated.env.linux": { PS1: "$ " },
          "terminal.integrated.profiles.linux": { bash: { path: "bash", args: ["--norc"] } },
        },
      });
      const { webview } = workbench;
      const folder = await prepare(workbench);

      await workbench.openContainer("Polyproc");
      const welcome = workbench.view(children).locator(".welcome-view-content");
      await waitFor(async () => /Nothing runs\.[^]*Run Function in Pool…/.test(await welcome.innerText()), {
        what: "the welcome text",
        ...deadline,
      });
      assert.deepEqual(workbench.marked.servers(), []);
      await workbench.widenSideBar(90);

      await workbench.openFile("proofread.js");
      await workbench.codeLens("Map over files").first().click();
      await workbench.pick("Files that match a pattern");
      await workbench.answer("text/*.txt");
      await workbench.quickPick("Run 24 items").first().waitFor();
      await workbench.press("Enter");

      // The children come, with what each of them works on.
      const rows = await Promise.all(waiting.map((chapter) => rowOf(workbench, chapter)));
      assert.deepEqual(
        rows.map(({ level }) => level),
        [3, 3, 3],
      );
      await workbench.statusBarItem(/^\s*3\/4$/).waitFor();
      // While a view is drawn anew, a sign for that takes the number's place.
      await waitFor(
        async () => (await workbench.activityBarItem("Polyproc").locator(".badge-content").innerText()) === "4",
        { what: "the number of processes", ...deadline },
      );
      await workbench.hideNotice("tsserver");
      await workbench.screenshot("run");

      // The terminal knows the same server, and what it starts there is seen here.
      await workbench.openTerminal();
      await workbench.typeInTerminal("polyproc ps");
      const pids = rows.map(({ label }) => /pid (\d+)/.exec(label)![1]!);
      await waitFor(
        async () => {
          const shown = await workbench.terminalText();
          return pids.every((pid) => new RegExp(`^\\s*${pid}\\s+PoolWorker-\\d\\s+running`, "m").test(shown));
        },
        { what: "the run's children in the terminal", ...deadline },
      );
      await workbench.typeInTerminal("polyproc map -j 2 tables/*.csv -- sh src/archive.sh {}");
      await workbench.waitForRow(
        children,
        ({ text }) => text.includes("tables/april.csv"),
        "what was typed in the terminal",
      );

      // Results, and workers against time.
      await workbench.runCommand("Polyproc: Show Timeline");
      const timeline = webview.getByRole("application");
      await timeline.waitFor();
      await webview.getByText(/so far$/).waitFor();
      await waitFor(async () => Number(await webview.getByRole("progressbar").getAttribute("aria-valuenow")) === 21, {
        what: "the chapters that need no approval",
        ...deadline,
      });
      assert.ok((await timeline.locator("canvas").boundingBox())!.height >= 4 * 16, "a line for each worker");
      await workbench.runCommand("Terminal: Focus Terminal");
      await workbench.screenshot("overview");

      // One is ended: its item has failed, and every view shows that.
      const [, voyage] = pids;
      await workbench.rowAction(children, "text/voyage.txt", "Terminate");
      await workbench.waitForRow(
        children,
        ({ label }) => label.includes("killed by SIGTERM") && label.includes(voyage!),
        "the worker that was ended",
      );
      await webview.getByRole("button", { name: /^Failed 5$/ }).click();
      await webview
        .locator(".window .row", { hasText: "voyage.txt" })
        .getByText(`worker ${voyage} was killed by SIGTERM`)
        .waitFor();
      await webview.getByRole("button", { name: /^Failed 5$/ }).click();
      const problems = await waitFor(
        async () => {
          const found = await workbench.problems();
          return found.some((problem) => problem.includes("killed by SIGTERM")) && found;
        },
        { what: "the problems", ...deadline },
      );
      assert.ok(
        problems.some((problem) => /a sentence of 17 words.*Ln 9/.test(problem)),
        problems.join("\n"),
      );

      // The window is loaded again, the processes are the same.
      await workbench.reload();
      await workbench.openContainer("Polyproc");
      const again = await Promise.all(["undertow", "yard"].map((chapter) => rowOf(workbench, chapter)));
      assert.deepEqual(
        again.map(({ label }) => /pid (\d+)/.exec(label)![1]),
        pids.filter((pid) => pid !== voyage),
      );
      await webview.getByText(/so far$/).waitFor();

      // To its end: the children go, and the output has all of it.
      writeFileSync(join(folder, "approved"), "");
      await webview.getByText(/^Done: 24 items$/).waitFor();
      await waitFor(async () => !(await workbench.treeRows(children)).some(({ label }) => label.includes("running")), {
        what: "the children to go",
        ...deadline,
      });
      await workbench.notification("5 of 24 failed").waitFor();
      const lines = await waitFor(
        async () => {
          const shown = await workbench.outputLines("Polyproc");
          return shown.some((line) => line.startsWith("■ ")) && shown;
        },
        { what: "the last line of the output", ...deadline },
      );
      assert.match(lines.join("\n"), /^\[text\/yard\.txt\] ✔ .*sentences/m);
      assert.match(lines.join("\n"), /^■ proofread over text\/\*\.txt: 19 done, 5 failed/m);
    },
  );
}
