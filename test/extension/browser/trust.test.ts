import assert from "node:assert/strict";
import { test } from "node:test";
import { waitFor } from "../../deadline.js";
import { openWorkbench } from "./harness.js";
import { needsWindow } from "../../vscode/needs-editor.js";

const deadline = { timeoutMs: 60_000, intervalMs: 100 };

test(
  "before the workspace is trusted nothing runs, and the side bar says why; afterwards it does",
  needsWindow(),
  async (t) => {
    const workbench = await openWorkbench(t, { askForTrust: true });
    const { page } = workbench;
    await workbench.openFile("words.js");
    await workbench.openContainer("Polyproc");
    const children = workbench.view("Active Children");
    const welcome = children.locator(".welcome-view-content");
    await waitFor(
      async () => /nothing runs and no server is started before you trust it/.test(await welcome.innerText()),
      { what: "the reason", ...deadline },
    );

    // What would run something is not offered.
    const offered = (await workbench.offeredCommands("Polyproc: ")).join("\n");
    assert.match(offered, /Show Log/);
    assert.doesNotMatch(offered, /Run Function|Map over Files|Run Shell Command|Repeat|Server|Connection/);
    assert.equal(await workbench.codeLens("Run in pool").count(), 0);
    assert.deepEqual(workbench.marked.servers(), []);

    await children.getByRole("button", { name: "Manage Workspace Trust" }).click();
    const trust = page.locator(".workspace-trust-editor");
    await trust.getByRole("button", { name: /^Trust$/ }).click();
    await trust.getByText("You trust this folder").waitFor();
    // It takes the key once it has the focus.
    await waitFor(
      async () => {
        await trust.focus();
        await workbench.press("Escape");
        return (await trust.count()) === 0;
      },
      { what: "the trust editor to close", ...deadline },
    );
    await waitFor(async () => /Nothing runs\. Start a function/.test(await welcome.innerText()), {
      what: "the other welcome text",
      ...deadline,
    });
    assert.deepEqual(workbench.marked.servers(), []);
    await workbench.codeLens("Run in pool").first().click();
    await workbench.pick("Files that match a pattern");
    await workbench.answer("text/*.txt");
    await workbench.quickPick("Run 24 items").first().click();
    await waitFor(async () => (await workbench.outputLines("Polyproc")).some((line) => line.includes("24 done")), {
      what: "the run's end",
      ...deadline,
    });
  },
);
