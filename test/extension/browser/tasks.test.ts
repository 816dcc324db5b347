import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Locator } from "playwright-core";
import { waitFor } from "../../deadline.js";
import { isLiving } from "../../living.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { openWorkbench, pictureThemes } from "./harness.js";
import type { Workbench } from "./workbench.js";
import { needsWindow } from "../../vscode/needs-editor.js";

const patienceMs = 60_000;

const saved = "Tasks and Runs";

/** Opens the view of tasks and runs, and closes those above it. */
async function openSaved(workbench: Workbench): Promise<void> {
  await workbench.openContainer("Polyproc");
  for (const title of ["Active Children", "Pools and Synchronisation", saved])
    await workbench.view(title).locator(".pane-header").click();
}

/**
 * Runs a task, and waits until the editor answers with `answer`: the task's terminal, or a question. The editor lets go
 * of its list of tasks when it is asked for it too soon after its start, and a click on a row that is drawn anew at
 * that moment is lost: then nothing was started, and it is asked again.
 */
async function runTask(workbench: Workbench, label: string, answer: (workbench: Workbench) => Locator): Promise<void> {
  await waitFor(
    async () => {
      await workbench.runCommand("Tasks: Run Task");
      await workbench.quickPick(label).first().click({ timeout: 10_000 });
      return answer(workbench)
        .waitFor({ timeout: 30_000 })
        .then(() => true);
    },
    { what: `the answer to the task ${label}`, timeoutMs: 2 * patienceMs },
  );
}

const terminal = (workbench: Workbench) => workbench.page.locator(".terminal-wrapper.active .xterm-rows");
const instanceQuestion = (workbench: Workbench) =>
  workbench.quickInput.getByPlaceholder("Select an instance to terminate");

for (const theme of pictureThemes) {
  test(
    `a task of type polyproc runs in a terminal, and its failures are problems (${theme})`,
    needsWindow(),
    async (t) => {
      const workbench = await openWorkbench(t, { theme, viewport: { width: 1280, height: 900 } });
      await workbench.openFile("tasks.json");
      await runTask(workbench, "Check tables", terminal);
      const text = await waitFor(
        async () => {
          const shown = await workbench.terminalText();
          return /not finished|\d+ done, 2 failed/.test(shown) && shown;
        },
        { what: "the task's last line", timeoutMs: patienceMs, intervalMs: 100 },
      );
      assert.match(text, /✘ tables\//);
      await workbench.screenshot("task");
      const problems = await waitFor(
        async () => {
          const found = await workbench.problems();
          return found.length >= 2 && found;
        },
        { what: "the problems", timeoutMs: patienceMs, intervalMs: 200 },
      );
      assert.ok(
        problems.some((problem) => /columns instead of|is not a number/.test(problem)),
        problems.join("\n"),
      );

      // The explorer marks their files, until the user clears that.
      await workbench.openContainer("Explorer");
      await workbench.explorerItem("tables").click();
      const marked = () =>
        workbench.page.locator(".explorer-folders-view .monaco-list-row .monaco-icon-label").evaluateAll((labels) => {
          // The tests know no DOM.
          const { getComputedStyle } = globalThis as unknown as {
            getComputedStyle: (element: unknown, part: string) => { content: string };
          };
          return labels.filter((label) => getComputedStyle(label, "::after").content.includes("✗")).length;
        });
      await waitFor(async () => (await marked()) >= 2, {
        what: "two marked files",
        timeoutMs: patienceMs,
        intervalMs: 50,
      });
      await workbench.screenshot("explorer");
      await workbench.runCommand("Polyproc: Clear Problems of Runs");
      await waitFor(async () => (await marked()) === 0, {
        what: "no marked files",
        timeoutMs: patienceMs,
        intervalMs: 50,
      });

      // The side bar has the task with its last outcome, and the run, which can be forgotten.
      await openSaved(workbench);
      const task = await workbench.waitForRow(saved, ({ text }) => /^Check tables.*done, 2 failed/.test(text));
      assert.match(task.label, /^Task Check tables, \d+ done, 2 failed$/);
      await workbench.waitForRow(saved, ({ label }) => /^Run Check tables, \d+ done, 2 failed$/.test(label));
      await workbench.screenshot("saved-runs");
      await workbench.rowAction(saved, /^Check tables.*\d:\d\d:\d\d/, "Forget Run");
      await workbench.waitForRow(saved, ({ label }) => label === "Task Check tables, no run yet");
    },
  );
}

test(
  "a task goes on when the window reloads, and is a running task with a terminal again",
  needsWindow(),
  async (t) => {
    const folder = temporaryFolder(t);
    const file = join(folder, "pid");
    mkdirSync(join(folder, ".vscode"));
    const task = {
      label: "Long",
      type: "polyproc",
      command: `echo $$ > ${file}.new; mv ${file}.new ${file}; sleep 1000 #`,
      items: { values: [1] },
      problemMatcher: [],
    };
    writeFileSync(join(folder, ".vscode/tasks.json"), JSON.stringify({ version: "2.0.0", tasks: [task] }));
    const workbench = await openWorkbench(t, { folder });
    await runTask(workbench, "Long", terminal);
    await waitFor(() => existsSync(file), { what: "the task's process", timeoutMs: patienceMs }).catch(
      async (error: unknown) => {
        throw new Error(`the terminal shows: ${await workbench.terminalText()}`, { cause: error });
      },
    );
    const pid = Number(readFileSync(file, "utf8"));
    assert.ok(isLiving(pid));
    await workbench.reload();
    await workbench.openContainer("Polyproc");
    await workbench.waitForRow("Active Children", (row) => row.text.includes("Long"), "the task's run");
    assert.ok(isLiving(pid));
    await waitFor(async () => /1 item/.test(await workbench.terminalText()), {
      what: "the task's terminal",
      timeoutMs: patienceMs,
      intervalMs: 200,
    });
    // It cannot be started twice by accident: the editor asks.
    await runTask(workbench, "Long", instanceQuestion);
    assert.equal(Number(readFileSync(file, "utf8")), pid);
    await workbench.press("Escape");
    await workbench.runCommand("Tasks: Terminate Task");
    await waitFor(
      async () => {
        // With one running task the editor may not ask which.
        const choice = workbench.quickPick("Long").first();
        if (await choice.isVisible()) await choice.click({ timeout: 1000 }).catch(() => {});
        return !isLiving(pid);
      },
      { what: "the end of the task that runs again", timeoutMs: patienceMs, intervalMs: 50 },
    );

    // The side bar starts, restarts and stops it.
    await openSaved(workbench);
    await workbench.waitForRow(saved, ({ label }) => label === "Task Long, cancelled, 0 done, 0 failed");
    const pidAfter = (before: number) =>
      waitFor(() => Number(readFileSync(file, "utf8")) !== before && Number(readFileSync(file, "utf8")), {
        what: "the task's next process",
        timeoutMs: patienceMs,
      });
    await workbench.rowAction(saved, "Long", "Run Task");
    const second = await pidAfter(pid);
    await workbench.waitForRow(saved, ({ label }) => label === "Task Long, running");
    await workbench.rowAction(saved, "Long", "Restart Task");
    const third = await pidAfter(second);
    assert.ok(!isLiving(second));
    await workbench.waitForRow(saved, ({ label }) => label === "Task Long, running");
    await workbench.rowAction(saved, "Long", "Stop Task");
    await workbench.waitForRow(saved, ({ label }) => label === "Task Long, cancelled, 0 done, 0 failed");
    assert.ok(!isLiving(third));
  },
);
