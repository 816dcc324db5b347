import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { needsWindow } from "../../vscode/needs-editor.js";
import { openWorkbench, pictureThemes } from "./harness.js";

const queue = "Queue";
const deadline = { timeoutMs: 60_000, intervalMs: 50 };

for (const theme of pictureThemes) {
  test(`the queue is in the side bar, with its actions, logs and entries (${theme})`, needsWindow(), async (t) => {
    const workbench = await openWorkbench(t, { theme, viewport: { width: 1400, height: 700 } });
    const add = async (line: string) => {
      await workbench.runCommand("Polyproc Queue: Add Command to Queue…");
      // Not the palette, which is still open for a moment.
      await workbench.quickInput.getByPlaceholder("make -j8").waitFor();
      await workbench.answer(line);
    };
    const row = (text: RegExp) => workbench.waitForRow(queue, (each) => text.test(each.text), String(text));
    await workbench.openContainer("Polyproc");
    await workbench.widenSideBar(200);
    await workbench.page.locator('.part.sidebar .pane-header[aria-label^="Queue"]').click();
    await workbench.view(queue).getByText("Commands of your queue run").waitFor();

    await add("echo building; exec sleep 600");
    const building = await row(/^echo building.*#1 · running/);
    assert.equal(building.level, 2);
    assert.match(building.label, /^Entry 1, echo building; exec sleep 600, running/);
    await add("echo tested");
    await row(/^echo tested#2 · queued/);
    await row(/^default1 at a time · 1 running · 1 waiting/);

    await workbench.rowAction(queue, /#1 · /, "Pause");
    await row(/#1 · paused/);
    await workbench.rowAction(queue, /#1 · /, "Resume");
    await row(/#1 · running/);
    await workbench.rowAction(queue, /#1 · /, "Show Log");
    const text = async () =>
      (await workbench.page.locator(".editor-instance .view-lines").first().innerText())
        .replaceAll("\u00a0", " ")
        .trim();
    await waitFor(async () => (await text()) === "building", { what: "the log", ...deadline });
    await workbench.screenshot("queue");

    // An entry is edited as JSON; saving it changes it.
    await workbench.contextMenu(workbench.treeRow(queue, /#2 · /), "Edit");
    await waitFor(async () => (await text()).includes("echo tested"), { what: "the entry as JSON", ...deadline });
    await workbench.page.locator(".editor-instance .view-line").first().click();
    await workbench.press("Control+A");
    // The editor closes the bracket.
    await workbench.page.keyboard.insertText('{ "name": "tested anew", "priority": 3 ');
    await workbench.press("Control+S");
    await row(/^tested anew#2 · queued, priority 3/);

    await workbench.rowAction(queue, /#1 · /, "End");
    await row(/#1 · killed by SIGTERM/);
    await row(/^tested anew#2 · done/);
    await workbench.rowAction(queue, /#2 · /, "Remove");
    await waitFor(async () => !(await workbench.treeRows(queue)).some(({ text: shown }) => /#2 · /.test(shown)), {
      what: "the entry to be gone",
      ...deadline,
    });
    await workbench.rowAction(queue, /#1 · /, "Run Again");
    await row(/#1 · running/);
    assert.deepEqual(workbench.faults, []);
  });
}
